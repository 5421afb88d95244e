using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Evaluation;

/// <summary>Whether what was written computes what was in memory.</summary>
static class ReadBack
{
    /// <summary>Compares what a step made with the checkpoint that it wrote.</summary>
    /// <param name="made">The model as made.</param>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="type">How its numbers were stored.</param>
    /// <returns>As <see cref="Compare(ModelLayers, ModelLayers, bool)"/>.</returns>
    /// <exception cref="BadModelException">What the checkpoint computes is no finite number.</exception>
    /// <exception cref="InvalidOperationException">They should be the same and are not.</exception>
    public static double Compare(ModelPieces made, string folder, TensorType type)
    {
        using ModelLayers memory = ModelLayers.Of(made, owned: false), disk = ModelLayers.Open(folder);
        var difference = Compare(memory, disk, exact: type == TensorType.F32);
        return double.IsFinite(difference) ? difference : throw new BadModelException(
            $"{folder}: what the model computes is no finite number; the source is damaged, or its numbers overflow in {type}.");
    }

    /// <summary>
    /// Largest difference of the logits on a fixed sequence, relative to the largest logit. Rounding of the stored numbers alone explains
    /// about 1e-6 in float32 and some percent in 16 bits, where a token may even change its expert.
    /// </summary>
    /// <param name="memory">The model as made.</param>
    /// <param name="disk">The model as read.</param>
    /// <param name="exact">Whether the numbers were stored in full.</param>
    /// <exception cref="InvalidOperationException">They should be the same and are not.</exception>
    public static double Compare(ModelLayers memory, ModelLayers disk, bool exact)
    {
        var count = Math.Min(32, memory.Spec.MaxPositions);
        var tokens = Enumerable.Range(0, count).Select(i => (int)(i * 7919L % memory.Spec.VocabularySize)).ToArray();
        float[] wanted = Logits(memory, tokens), found = Logits(disk, tokens);
        double largest = 0, difference = 0;
        for (var i = 0; i < wanted.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(wanted[i]));
            difference = Math.Max(difference, Math.Abs((double)wanted[i] - found[i]));
        }
        var relative = largest > 0 ? difference / largest : difference;
        return !exact || relative < 1e-3 ? relative : throw new InvalidOperationException(
            $"The checkpoint read back differs from the model written by {relative:g3} of its largest logit.");
    }

    static float[] Logits(ModelLayers model, int[] tokens)
    {
        using var workspace = new Workspace();
        var input = PassInput.Sequence(tokens);
        using var x = LayerwisePass.Embed(model, [input], workspace)[0];
        for (var l = 0; l < model.Spec.Layers.Count; l++)
        {
            workspace.Begin(recording: false);
            model.Layer(l, tokens.Length).Forward(workspace, x, input, null);
        }
        workspace.Begin(recording: false);
        var head = model.Head();
        return head.Logits(workspace, workspace.RmsNorm(x, head["model.norm.weight"], model.Spec.NormEpsilon)).Span.ToArray();
    }
}
