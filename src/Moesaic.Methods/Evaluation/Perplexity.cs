using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation;

/// <summary>What a model loses on text.</summary>
/// <param name="Loss">Mean cross-entropy per counted token, nats.</param>
/// <param name="Tokens">Counted tokens.</param>
/// <param name="Routing">What the routers decided, one per mixture layer.</param>
public sealed record PerplexityResult(double Loss, long Tokens, IReadOnlyList<RoutingStatistics> Routing)
{
    /// <summary>What the routers of attention experts decided, one per layer that has them.</summary>
    public IReadOnlyList<RoutingStatistics> AttentionRouting { get; init; } = [];

    /// <summary>exp(loss).</summary>
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>
/// Perplexity with stated windows: each sample is read in windows of <c>context</c> tokens that start every <c>stride</c>
/// tokens; a window counts only the tokens that no window before it counted. With stride = context every token is counted
/// with what precedes it in its own window; a smaller stride gives every token at least context − stride tokens to look
/// back on (where the sample has them), at the price of more work.
/// </summary>
public static class Perplexity
{
    /// <summary>Cuts samples into windows whose masks count every token but the first of a sample exactly once.</summary>
    /// <param name="samples">Token sequences; their own masks are kept.</param>
    /// <param name="context">Longest window, in tokens read.</param>
    /// <param name="stride">Distance between windows, 1 to context.</param>
    public static IEnumerable<TokenizedSample> Windows(IEnumerable<TokenizedSample> samples, int context, int stride)
    {
        if (context < 1 || stride < 1 || stride > context)
            throw new BadRequestException($"Windows of context {context} and stride {stride}: need 1 <= stride <= context.");
        foreach (var sample in samples)
        {
            var last = sample.Tokens.Length - 1;        // positions that predict something
            for (int start = 0, counted = 0; counted < last; start += stride)
            {
                var end = Math.Min(start + context, last);
                var mask = new bool[end + 1 - start];
                for (var target = counted + 1; target <= end; target++)
                    mask[target - start] = sample.LossMask is not { } own || own[target];
                counted = end;
                yield return sample with { Tokens = sample.Tokens[start..(end + 1)], LossMask = mask };
            }
        }
    }

    /// <summary>Reads text and packs its windows.</summary>
    /// <param name="text">What to measure on; of dotnet-docs the held-out part unless it says otherwise.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="context">Longest window.</param>
    /// <param name="stride">Distance between windows.</param>
    /// <param name="seed">Draws the documents when the tokens are limited.</param>
    /// <param name="notes">Is told what was left out.</param>
    /// <param name="template">The model's chat template, for conversations, or null.</param>
    /// <param name="tasks">The tasks of the model, or null.</param>
    /// <param name="cancellation">Stops between documents.</param>
    public static PackedDataset Read(DataOptions text, ITokenizer tokenizer, int context, int stride, ulong seed, List<string> notes,
        ChatTemplate? template = null, IReadOnlyList<string>? tasks = null, CancellationToken cancellation = default)
    {
        var read = TextData.Read(text, CorpusSplit.HeldOut, tokenizer, seed, template, tasks, cancellation);
        notes.AddRange(read.Notes);
        return PackedDataset.Pack(Windows(read.Samples, context, stride), context);
    }

    /// <summary>Measures a model.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="data">Packed windows, see <see cref="Windows"/>.</param>
    /// <param name="rows">Blocks per pass.</param>
    /// <param name="progress">Is told the number of blocks done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static PerplexityResult Measure(Model model, PackedDataset data, int rows = 8, Action<int>? progress = null,
        CancellationToken cancellation = default)
    {
        using var workspace = new Workspace();
        RoutingStatistics[] routing = model.NewStatistics(), attention = model.NewAttentionStatistics();
        double sum = 0;
        long tokens = 0;
        var blocks = 0;
        foreach (var batch in BatchStream.Once(data, rows, padId: 0))
        {
            cancellation.ThrowIfCancellationRequested();
            var input = PassInputs.Of(batch, 0, batch.Rows);
            (input.Statistics, input.AttentionStatistics) = (routing, attention);
            workspace.Begin(recording: false);
            var losses = workspace.CrossEntropy(model.Hidden(workspace, input), model.Head, batch.Targets, []);
            foreach (var loss in losses.Span) sum += loss;
            tokens += batch.TargetCount;
            progress?.Invoke(blocks = Math.Min(data.Blocks, blocks + rows));
        }
        return new PerplexityResult(sum / tokens, tokens, routing) { AttentionRouting = attention };
    }
}
