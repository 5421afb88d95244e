namespace Moesaic.Methods.Compression.Search;

/// <summary>What a search found of one layer.</summary>
/// <param name="Layer">Its number.</param>
/// <param name="Removal">E numbers: what the removal of each expert alone costs.</param>
/// <param name="Best">The best choices that were found, best first; none where only removals were measured.</param>
public sealed record LayerChoice(int Layer, IReadOnlyList<double> Removal, IReadOnlyList<Choice> Best)
{
    /// <summary>Iₗ = Σⱼ Iₗⱼ: what the layer's experts matter (MoE-I²).</summary>
    public double Importance => Removal.Sum();
}
