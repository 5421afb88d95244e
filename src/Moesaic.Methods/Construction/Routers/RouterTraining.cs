using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Tensors.Optimization;
using Moesaic.Text.Datasets;
using AdamW = Moesaic.Tensors.Optimization.AdamW;

namespace Moesaic.Methods.Construction.Routers;

/// <summary>
/// Trains a router to choose the experts that would do the most for a token (MoEfication, Zhang et al. 2022, section 3.2; LLaMA-MoE
/// v1's "select" step): AdamW over the inputs of one layer. Every eighth token is held out; the weights with the best accuracy on those
/// are kept, the starting ones included.
/// </summary>
public static class RouterTraining
{
    const int HeldOut = 8, Patience = 3;

    /// <summary>Trains the matrices of a score in place.</summary>
    /// <param name="score">Its matrices are float32; they start as they are.</param>
    /// <param name="inputs">[N, D].</param>
    /// <param name="energies">[N, E].</param>
    /// <param name="chosen">Experts per token, K.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of the order of the tokens.</param>
    /// <param name="cancellation">Stops between epochs.</param>
    /// <returns>Of the K experts with the most energy, the fraction chosen for held-out tokens, at best.</returns>
    public static double Train(IRouterScore score, Tensor inputs, Tensor energies, int chosen, RouterTrainingOptions options, ulong seed,
        CancellationToken cancellation = default)
    {
        Tensor[] matrices = [.. score.Matrices.Select(m => m.Dense)];
        foreach (var matrix in matrices) matrix.NeedsGradient = true;
        using var optimiser = new AdamW(matrices.Select((m, i) => new TrainedParameter($"{i}", m, Decays: true)),
            new AdamWOptions { Beta2 = 0.999f, WeightDecay = 0.01f, ClipNorm = 0 });
        using var workspace = new Workspace();
        // Learning rates mean the same for every layer when tokens have length √D.
        using var tokens = inputs.Clone();
        var size = Math.Sqrt(Elementwise.SumOfSquares(inputs.Span) / inputs.Count);
        if (size == 0) return 0;
        Elementwise.Scale(tokens.Span, (float)(1 / size));
        Elementwise.Scale(matrices[0].Span, (float)size);

        int[] held = [.. Enumerable.Range(0, inputs.Rows).Where(n => n % HeldOut == 0)],
            learned = [.. Enumerable.Range(0, inputs.Rows).Where(n => n % HeldOut != 0)];
        var best = (Accuracy: Accuracy(), Values: Values());
        var (rate, waited) = ((float)options.LearningRate, 0);
        for (var epoch = 0; epoch < options.Epochs && learned.Length > 0; epoch++)
        {
            cancellation.ThrowIfCancellationRequested();
            var order = Shuffle.Order(learned.Length, seed, epoch);
            foreach (var batch in order.Chunk(options.Batch))
            {
                Learn([.. batch.Select(i => learned[i])]);
                optimiser.Step(rate);
            }
            var accuracy = Accuracy();
            waited = accuracy > best.Accuracy ? 0 : waited + 1;
            if (waited == 0) best = (accuracy, Values());
            if (waited == Patience) (rate, waited) = (rate / 2, 0);
        }
        for (var i = 0; i < matrices.Length; i++) best.Values[i].CopyTo(matrices[i].Span);
        Elementwise.Scale(matrices[0].Span, (float)(1 / size));
        foreach (var matrix in matrices) matrix.NeedsGradient = false;
        return best.Accuracy;

        float[][] Values() => [.. matrices.Select(m => m.Span.ToArray())];

        void Learn(int[] rows)
        {
            workspace.Begin(recording: true);
            var logits = score.Logits(workspace, Rows(workspace, tokens, rows));
            var gradient = workspace.AddedGradient(logits)!;
            for (var t = 0; t < rows.Length; t++)
                AddGradient(options.Target, logits.Row(t), energies.Row(rows[t]), chosen, gradient.Row(t), 1f / rows.Length);
            workspace.Backward();
            workspace.Reset();
        }

        double Accuracy()
        {
            workspace.Begin(recording: false);
            var logits = score.Logits(workspace, Rows(workspace, tokens, held));
            int[] routed = new int[chosen], strong = new int[chosen];
            var hits = 0;
            for (var t = 0; t < held.Length; t++)
            {
                Selection.TopK(logits.Row(t), routed);
                Selection.TopK(energies.Row(held[t]), strong);
                hits += routed.Count(e => Array.IndexOf(strong, e) >= 0);
            }
            return (double)hits / Math.Max(1, held.Length * chosen);
        }
    }

    /// <summary>Adds the gradient of a token's loss by its logits: σ(z) − y, divided by E, or softmax(z) − softmax(a).</summary>
    internal static void AddGradient(RouterTarget target, ReadOnlySpan<float> logits, ReadOnlySpan<float> energies, int chosen, Span<float> gradient,
        float weight)
    {
        var experts = logits.Length;
        if (target == RouterTarget.TopK)
        {
            Span<int> strong = new int[chosen];
            Selection.TopK(energies, strong);
            for (var e = 0; e < experts; e++)
                gradient[e] += weight / experts * (GateOps.Sigmoid(logits[e]) - (strong.Contains(e) ? 1 : 0));
            return;
        }
        float[] said = new float[experts], wanted = new float[experts];
        Softmax.Rows(logits, experts, said);
        Softmax.Rows(energies, experts, wanted);
        for (var e = 0; e < experts; e++) gradient[e] += weight * (said[e] - wanted[e]);
    }

    static Tensor Rows(Workspace workspace, Tensor from, int[] rows)
    {
        var result = workspace.Rent(rows.Length, from.Columns);
        for (var t = 0; t < rows.Length; t++) from.Row(rows[t]).CopyTo(result.Row(t));
        return result;
    }
}
