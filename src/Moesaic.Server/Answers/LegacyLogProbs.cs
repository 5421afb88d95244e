using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>
/// Log-probabilities of one text in the form of /v1/completions. Places are counted in the text that is returned: a token's is where the text that
/// became certain before it ends.
/// </summary>
sealed class LegacyLogProbs
{
    readonly ITokenizer tokenizer;
    readonly StreamingDecoder decoder;
    readonly int start;
    int length;
    List<string> tokens = [];
    List<float?> values = [];
    List<Dictionary<string, float>?> top = [];
    List<int> offsets = [];

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="echoed">How likely its tokens but the first were, when it is part of the text.</param>
    public LegacyLogProbs(ITokenizer tokenizer, ReadOnlySpan<int> prompt, IReadOnlyList<ChosenToken>? echoed)
    {
        this.tokenizer = tokenizer;
        decoder = new StreamingDecoder(tokenizer);
        if (echoed is not null)
        {
            Add(prompt[0], null);
            foreach (var token in echoed) Add(token.Token.Id, token);
            return;
        }
        foreach (var id in prompt) length += decoder.Push(id).Length;
        start = length;
    }

    /// <summary>Takes tokens of the text.</summary>
    public void Add(IEnumerable<GeneratedToken> generated)
    {
        foreach (var token in generated) Add(token.Id, token.LogProbability);
    }

    /// <summary>What came since the last time.</summary>
    public CompletionLogProbs Take()
    {
        var taken = new CompletionLogProbs { Tokens = tokens, TokenLogprobs = values, TopLogprobs = top, TextOffset = offsets };
        (tokens, values, top, offsets) = ([], [], [], []);
        return taken;
    }

    void Add(int id, ChosenToken? likely)
    {
        tokens.Add(TokenText.Of(id, tokenizer));
        values.Add(likely is null ? null : TokenText.LogProbability(likely.Token.LogProbability));
        top.Add(likely is null ? null : Top(likely));
        offsets.Add(length - start);
        length += decoder.Push(id).Length;
    }

    // The likeliest of tokens that are written alike; the chosen one in any case.
    Dictionary<string, float> Top(ChosenToken likely)
    {
        var listed = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach (var token in (IEnumerable<TokenLogProbability>)[.. likely.Top, likely.Token])
            listed.TryAdd(TokenText.Of(token.Id, tokenizer), TokenText.LogProbability(token.LogProbability));
        return listed;
    }
}
