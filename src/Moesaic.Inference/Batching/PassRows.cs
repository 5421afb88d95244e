using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Inference;

/// <summary>Shows the rows of a pass to whoever asked for them.</summary>
static class PassRows
{
    /// <summary>Rows whose logits are in memory together.</summary>
    const int Piece = 32;

    /// <summary>Shows what the wishes of a sequence name; to be called before it is told that the pass has computed its tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="workspace">The pass, that goes on.</param>
    /// <param name="hidden">[T, D].</param>
    /// <param name="sequence">Whose rows.</param>
    /// <param name="segment">Which rows these are.</param>
    public static void Show(Model model, Workspace workspace, Tensor hidden, BatchSequence sequence, AttentionSegment segment)
    {
        var (first, position) = (segment.QueryStart, sequence.Computed);
        if (sequence.Wishes.Hidden is { } states)
            for (var t = 0; t < segment.QueryCount; t++) states(position + t, hidden.Row(first + t));
        var count = sequence.LogitsToRead(segment.QueryCount);
        for (var start = 0; start < count; start += Piece)
        {
            var rows = Math.Min(Piece, count - start);
            using var scope = workspace.OpenScope();
            var index = workspace.RentIndices(rows);
            for (var t = 0; t < rows; t++) index[t] = first + start + t;
            var logits = model.Logits(workspace, workspace.GatherRows(hidden, index.AsMemory(0, rows)));
            for (var t = 0; t < rows; t++) sequence.Wishes.PromptLogits!(position + start + t, logits.Row(t));
        }
    }
}
