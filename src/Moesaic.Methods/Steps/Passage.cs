namespace Moesaic.Methods.Steps;

/// <summary>A text whose pieces belong to numbered classes, such as the experts that got its tokens.</summary>
/// <param name="Title">Heading.</param>
/// <param name="Pieces">The text in order.</param>
public sealed record Passage(string Title, IReadOnlyList<PassagePiece> Pieces);

/// <summary>A piece of a text.</summary>
/// <param name="Text">Fit to be shown: the only control character in it is a line end, at its end.</param>
/// <param name="Label">The number of its class; −1 for none.</param>
public readonly record struct PassagePiece(string Text, int Label)
{
    const string Digits = "₀₁₂₃₄₅₆₇₈₉";

    /// <summary>The number as a subscript, for where colours are not enough; "₋" for none.</summary>
    public string Mark => Label < 0 ? "₋" : string.Concat(Label.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(d => Digits[d - '0']));

    /// <summary>The text with its number, before the line end where there is one.</summary>
    public string Marked => Text.EndsWith('\n') ? Text[..^1] + Mark + "\n" : Text + Mark;
}
