using System.Collections.Frozen;
using Moesaic.Text;

namespace Moesaic.Inference;

/// <summary>
/// The text of tokens that follow a prompt. The prompt is decoded with them, because the first token of a text may lose its
/// space; text of the prompt that only becomes certain later is left out.
/// </summary>
sealed class ContinuationDecoder
{
    readonly StreamingDecoder decoder;
    readonly IReadOnlySet<int> shown;
    string pendingPrompt;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">What the tokens follow.</param>
    /// <param name="shown">Special tokens whose names are text; null: none.</param>
    public ContinuationDecoder(ITokenizer tokenizer, ReadOnlySpan<int> prompt, IReadOnlySet<int>? shown = null)
    {
        this.shown = shown ?? FrozenSet<int>.Empty;
        decoder = new StreamingDecoder(tokenizer);
        var length = 0;
        foreach (var id in prompt) length += decoder.Push(id).Length;
        pendingPrompt = tokenizer.Decode(prompt)[length..];
    }

    /// <summary>The text that became certain with this token; often empty.</summary>
    public string Push(int id) => WithoutPrompt(shown.Contains(id) ? decoder.Show(id) : decoder.Push(id));

    /// <summary>The rest.</summary>
    public string Flush() => WithoutPrompt(decoder.Flush());

    string WithoutPrompt(string piece)
    {
        if (pendingPrompt.Length == 0 || piece.Length == 0) return piece;
        var common = piece.AsSpan().CommonPrefixLength(pendingPrompt);
        // A half character at the prompt's end may have become a whole one: it belongs to what follows.
        pendingPrompt = common == piece.Length ? pendingPrompt[common..] : "";
        return piece[common..];
    }
}
