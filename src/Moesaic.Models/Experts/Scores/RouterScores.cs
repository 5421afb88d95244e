using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 2 of the router: from what the experts read to one logit per expert.</summary>
public interface IRouterScore
{
    /// <summary>The weights, in the order in which they are stored; the first one reads x.</summary>
    IReadOnlyList<WeightMatrix> Matrices { get; }

    /// <summary>Scores T tokens, with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <returns>[T, E].</returns>
    Tensor Logits(Workspace workspace, Tensor x);
}

/// <summary><see cref="RouterScore.Linear"/>.</summary>
/// <param name="weight">[E, D].</param>
/// <param name="bias">[1, E], with <see cref="RouterSpec.Bias"/>; otherwise null.</param>
public sealed class LinearScore(WeightMatrix weight, Tensor? bias = null) : IRouterScore
{
    /// <inheritdoc/>
    public IReadOnlyList<WeightMatrix> Matrices { get; } = [weight];

    /// <inheritdoc/>
    public Tensor Logits(Workspace workspace, Tensor x) => workspace.Linear(x, weight, bias);
}

/// <summary><see cref="RouterScore.Mlp"/>.</summary>
/// <param name="first">W₁, [hidden units, D].</param>
/// <param name="second">W₂, [E, hidden units].</param>
public sealed class MlpScore(WeightMatrix first, WeightMatrix second) : IRouterScore
{
    /// <inheritdoc/>
    public IReadOnlyList<WeightMatrix> Matrices { get; } = [first, second];

    /// <inheritdoc/>
    public Tensor Logits(Workspace workspace, Tensor x) => workspace.Linear(workspace.Tanh(workspace.Linear(x, first)), second);
}

/// <summary><see cref="RouterScore.Swiglu"/>.</summary>
/// <param name="gate">g, [E, D].</param>
/// <param name="up">u, [E, D].</param>
public sealed class SwigluScore(WeightMatrix gate, WeightMatrix up) : IRouterScore
{
    /// <inheritdoc/>
    public IReadOnlyList<WeightMatrix> Matrices { get; } = [gate, up];

    /// <inheritdoc/>
    public Tensor Logits(Workspace workspace, Tensor x)
    {
        var (gateOut, upOut) = workspace.Linear(x, gate, up);
        return workspace.Abs(workspace.SwiGlu(gateOut, upOut));
    }
}

/// <summary>All kinds of scores: shapes and names of their weights. A new kind is a case in both methods here.</summary>
public static class RouterScores
{
    /// <summary>The matrices of a score: what their names end with and how large they are.</summary>
    /// <param name="router">Its kind and E.</param>
    /// <param name="width">Of the key.</param>
    public static IReadOnlyList<(string Suffix, int Rows, int Columns)> Shapes(RouterSpec router, int width) => router.Score switch
    {
        RouterScore.Linear => [("weight", router.Scored, width)],
        RouterScore.Mlp when (router.ScoreWidth > 0 ? router.ScoreWidth : router.Scored) is var hidden =>
            [("gate_network.0.weight", hidden, width), ("gate_network.2.weight", router.Scored, hidden)],
        RouterScore.Swiglu => [("gate_proj.weight", router.Scored, width), ("up_proj.weight", router.Scored, width)],
        RouterScore.Cosine when router.ScoreWidth > 0 => [("projection.weight", router.ScoreWidth, width), ("weight", router.Scored, router.ScoreWidth)],
        RouterScore.Cosine => [("weight", router.Scored, width)],
        RouterScore.Table or RouterScore.Hash => [],
        _ => throw new ArgumentException($"unknown score {router.Score}", nameof(router)),
    };

    /// <summary>How many parameters decide.</summary>
    /// <param name="router">Its kind and E.</param>
    /// <param name="width">Of the key.</param>
    public static long Parameters(RouterSpec router, int width) => Shapes(router, width).Sum(m => (long)m.Rows * m.Columns)
        + (router.Bias ? router.Scored : 0) + (router.Score == RouterScore.Cosine ? 1 : 0);

    /// <summary>The score with these weights.</summary>
    /// <param name="router">Its kind.</param>
    /// <param name="matrices">As <see cref="Shapes"/> lists them.</param>
    /// <param name="bias">[1, E], with <see cref="RouterSpec.Bias"/>; otherwise null.</param>
    /// <param name="temperature">[1, 1], with <see cref="RouterScore.Cosine"/>; otherwise null.</param>
    public static IRouterScore Of(RouterSpec router, IReadOnlyList<WeightMatrix> matrices, Tensor? bias = null, Tensor? temperature = null) => router.Score switch
    {
        RouterScore.Linear => new LinearScore(matrices[0], bias),
        RouterScore.Mlp => new MlpScore(matrices[0], matrices[1]),
        RouterScore.Swiglu => new SwigluScore(matrices[0], matrices[1]),
        RouterScore.Cosine => new CosineScore(matrices.Count == 2 ? matrices[0] : null, matrices[^1], temperature!),
        RouterScore.Table or RouterScore.Hash => new GivenScore(),
        _ => throw new ArgumentException($"unknown score {router.Score}", nameof(router)),
    };
}
