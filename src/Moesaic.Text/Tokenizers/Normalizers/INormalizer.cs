namespace Moesaic.Text.Tokenizers;

/// <summary>Rewrites the text between added tokens before it is cut into words.</summary>
interface INormalizer
{
    string Apply(string text);
}

/// <summary>One normalizer after another.</summary>
sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public string Apply(string text)
    {
        foreach (var step in steps) text = step.Apply(text);
        return text;
    }
}
