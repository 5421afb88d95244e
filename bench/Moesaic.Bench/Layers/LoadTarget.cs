using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Bench.Layers;

/// <summary>
/// Gives a router with random weights a load: the first value of every token is 1, so the first column of the router's weights is
/// one number per expert, which is moved until the loads are as wanted.
/// </summary>
static class LoadTarget
{
    const int Rounds = 60;

    /// <summary>Moves the first column of the router.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="router">[E, D].</param>
    /// <param name="shape">K, and how uneven the loads are to be: in equal steps from the busiest to the idlest.</param>
    public static void Set(Tensor x, Tensor router, MixtureShape shape)
    {
        for (var t = 0; t < x.Rows; t++) x.Row(t)[0] = 1;
        if (shape.Chosen == shape.Experts) return;
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var logits = workspace.Linear(x, router);
        int experts = shape.Experts;
        var wanted = Enumerable.Range(0, experts).Select(e => 1 + ((shape.Skew - 1) * (double)(experts - 1 - e) / (experts - 1))).ToArray();
        var unit = (double)shape.Tokens * shape.Chosen / wanted.Sum();
        var bias = new float[experts];
        var scores = new float[experts];
        var chosen = new int[shape.Chosen];
        for (var round = 0; round < Rounds; round++)
        {
            var load = new int[experts];
            for (var t = 0; t < x.Rows; t++)
            {
                for (var e = 0; e < experts; e++) scores[e] = logits.Row(t)[e] + bias[e];
                Selection.TopK(scores, chosen);
                foreach (var e in chosen) load[e]++;
            }
            for (var e = 0; e < experts; e++) bias[e] += 0.4f * (float)Math.Log(unit * wanted[e] / Math.Max(1, load[e]));
        }
        for (var e = 0; e < experts; e++) router.Row(e)[0] += bias[e];
    }
}
