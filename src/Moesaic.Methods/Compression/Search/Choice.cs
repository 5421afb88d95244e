namespace Moesaic.Methods.Compression.Search;

/// <summary>A choice of experts of one layer and what it costs.</summary>
/// <param name="Kept">The experts that stay, rising.</param>
/// <param name="Error">The objective; less is better.</param>
public sealed record Choice(int[] Kept, double Error)
{
    /// <summary>Best first; of equal ones the lexically first.</summary>
    public static IComparer<Choice> Order { get; } = Comparer<Choice>.Create((a, b) =>
        a.Error != b.Error ? a.Error.CompareTo(b.Error) : a.Kept.AsSpan().SequenceCompareTo(b.Kept));
}

/// <summary>The errors of many choices at once.</summary>
/// <param name="choices">Each rising.</param>
/// <returns>One error per choice.</returns>
public delegate double[] ChoiceErrors(IReadOnlyList<int[]> choices);
