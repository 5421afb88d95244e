namespace Moesaic.Bench.Layers;

/// <summary>A mixture and how it is used; the dense layer beside it has the width of the experts that a token uses.</summary>
/// <param name="Width">D.</param>
/// <param name="Active">Width of the experts that a token uses, together: K · F.</param>
/// <param name="Experts">E.</param>
/// <param name="Chosen">K.</param>
/// <param name="Tokens">T.</param>
/// <param name="Skew">Load of the busiest expert over that of the idlest; 1 when all have the same.</param>
sealed record MixtureShape(int Width, int Active, int Experts, int Chosen, int Tokens, int Skew)
{
    /// <summary>Two sizes of layer; few to many experts, one to eight chosen; a short and a long batch; balanced and not.</summary>
    public static IReadOnlyList<MixtureShape> All { get; } =
    [
        .. from layer in new[] { (Width: 256, Active: 1024), (Width: 1024, Active: 4096) }
           from tokens in new[] { 2048, 16384 }
           from mixture in new[] { (E: 8, K: 1), (E: 8, K: 2), (E: 16, K: 2), (E: 32, K: 4), (E: 64, K: 8), (E: 64, K: 1) }
           from skew in new[] { 1, 10 }
           select new MixtureShape(layer.Width, layer.Active, mixture.E, mixture.K, tokens, skew),
    ];

    /// <summary>Three of them that show most.</summary>
    public static IReadOnlyList<MixtureShape> Quick { get; } =
        [new(256, 1024, 16, 2, 2048, 1), new(256, 1024, 64, 8, 2048, 10), new(1024, 4096, 16, 2, 2048, 1)];

    /// <summary>F.</summary>
    public int ExpertWidth => Active / Chosen;

    /// <summary>Tokens of an expert, on average.</summary>
    public double TokensPerExpert => (double)Tokens * Chosen / Experts;

    /// <summary>
    /// GFLOP of the experts, forward and backward: three products of three matrices; a multiply-add counts two. Those of the dense layer are the same.
    /// </summary>
    public double Gflop => 2e-9 * 3 * 3 * Tokens * Width * Active;

    /// <summary>
    /// GB that cannot stay in a cache when the weights do not: they are read forward and backward, and their gradients read and written.
    /// </summary>
    public double WeightGigabytes => 4e-9 * 4 * 3 * Experts * Width * ExpertWidth;

    /// <summary>For example "256/1024 8x2 2048 10:1", which --only looks in.</summary>
    public override string ToString() => FormattableString.Invariant($"{Width}/{Active} {Experts}x{Chosen} {Tokens} {Skew}:1");
}
