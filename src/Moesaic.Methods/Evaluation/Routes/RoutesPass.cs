using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>Reads text with a model while something watches its routers. Only routers are of interest: no logits are computed.</summary>
static class RoutesPass
{
    /// <summary>Blocks in a pass.</summary>
    public const int Rows = 8;

    /// <summary>Reads every block once, domain after domain.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="domains">Packed text.</param>
    /// <param name="asInTraining">Whether routers select and limit as in training, without noise.</param>
    /// <param name="mixtures">One per mixture layer.</param>
    /// <param name="attention">One per layer with attention experts.</param>
    /// <param name="text">Is told what each pass reads, or null.</param>
    /// <param name="progress">Is told the number of blocks done.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static void Run(Model model, IReadOnlyList<PackedDataset> domains, bool asInTraining, IReadOnlyList<RoutingStatistics> mixtures,
        IReadOnlyList<RoutingStatistics> attention, RoutedText? text, Action<int> progress, CancellationToken cancellation)
    {
        using var workspace = new Workspace();
        var done = 0;
        for (var d = 0; d < domains.Count; d++)
        {
            foreach (var batch in BatchStream.Once(domains[d], Rows, padId: 0))
            {
                cancellation.ThrowIfCancellationRequested();
                var input = PassInputs.Of(batch, 0, batch.Rows);
                (input.Training, input.Statistics, input.AttentionStatistics) = (asInTraining, mixtures, attention);
                if (text is not null) (text.Pass, text.Domain, text.Next) = (input, d, batch.Targets);
                workspace.Begin(recording: false);
                model.Hidden(workspace, input);
                progress(done += batch.Segments.Where(s => !s.IsPadding).Select(s => s.Start / batch.Length).Distinct().Count());
            }
        }
    }
}
