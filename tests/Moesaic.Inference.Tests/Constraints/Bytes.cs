using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

/// <summary>A vocabulary of the 256 bytes and two special tokens, for asking a grammar about whole texts.</summary>
static class Bytes
{
    public const int Special = 256, EndOfText = 257;

    public static TokenTable Table { get; } = new(new ByteTokenizer(false, "<call>", "</s>"), 258, new HashSet<int> { EndOfText });

    public static bool Allows(CompiledGrammar grammar, ReadOnlySpan<byte> text)
    {
        var constraint = (GrammarConstraint)grammar.Start();
        foreach (var value in text)
            if (!constraint.TryAccept(value)) return false;
        return constraint.MayEnd;
    }
}
