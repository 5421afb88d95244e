using Moesaic.Formats;

namespace Moesaic.Text.Datasets;

/// <summary>Turns documents into token samples.</summary>
public sealed class SampleBuilder
{
    readonly ITokenizer tokenizer;
    readonly SampleOptions options;
    readonly int? bos, eos;

    /// <summary>Prepares the building of samples.</summary>
    /// <param name="tokenizer">The tokenizer of the model that will read the samples.</param>
    /// <param name="options">How documents become samples; null: the defaults.</param>
    /// <exception cref="BadRequestException">A token for the beginning or the end is asked for that the tokenizer does not have.</exception>
    public SampleBuilder(ITokenizer tokenizer, SampleOptions? options = null)
    {
        this.tokenizer = tokenizer;
        this.options = options ?? new SampleOptions();
        var added = tokenizer.Encode("");
        bos = Choose(this.options.BeginWithBos, tokenizer.BosId, added, "beginning (BOS)", nameof(SampleOptions.BeginWithBos));
        eos = Choose(this.options.EndWithEos, tokenizer.EosId, added, "end (EOS)", nameof(SampleOptions.EndWithEos));
    }

    /// <summary>The sample of a running text: every token but the first is predicted.</summary>
    public TokenizedSample FromText(string text)
    {
        var ids = tokenizer.Encode(text, addSpecial: false, parseSpecial: options.SpecialTokensInText);
        return new TokenizedSample([.. Optional(bos), .. ids, .. Optional(eos)], null);
    }

    static ReadOnlySpan<int> Optional(int? id) => id is { } one ? new[] { one } : [];

    static int? Choose(bool? wanted, int? id, int[] added, string what, string option)
    {
        if (wanted == true && id is null)
            throw new BadRequestException($"The tokenizer has no token for the {what}. Set {option} to false, or name the token in tokenizer_config.json.");
        return wanted ?? (id is { } one && added.Contains(one)) ? id : null;
    }
}
