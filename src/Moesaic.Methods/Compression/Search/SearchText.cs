using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression.Search;

/// <summary>Calibration text on its way through a model, layer by layer, for searches: passes and the tokens that are looked at.</summary>
sealed class SearchText
{
    /// <summary>Takes the text of a model.</summary>
    /// <param name="model">Its layers.</param>
    /// <param name="data">The text; the residual stream of all of it is held.</param>
    /// <param name="tokens">Most tokens that are looked at.</param>
    /// <param name="specialIds">Tokens that are not looked at.</param>
    /// <param name="rowsPerPass">Blocks per pass: a batch of <see cref="LayerLoss.BatchNorms"/>. Default 8.</param>
    public SearchText(ModelLayers model, PackedDataset data, int tokens, IReadOnlySet<int> specialIds, int rowsPerPass = 8)
    {
        Model = model;
        Positions = data.Length;
        Passes = DensePass.Inputs(data, rowsPerPass, specialIds);
        Sample = new TokenSample(Passes, tokens);
    }

    SearchText(SearchText of, PassInput[] passes, int tokens)
    {
        (Model, Positions, Passes) = (of.Model, of.Positions, passes);
        Sample = new TokenSample(passes, tokens);
    }

    /// <summary>Some of the passes, evenly spread, that have so many tokens at least where there are so many.</summary>
    public SearchText Part(int tokens)
    {
        var average = Math.Max(1, Passes.Sum(p => (long)p.Tokens.Length) / Passes.Length);
        var count = (int)Math.Min(Passes.Length, (tokens + average - 1) / average);
        return new SearchText(this, [.. Enumerable.Range(0, count).Select(i => Passes[(int)((long)i * Passes.Length / count)])], tokens);
    }

    public ModelLayers Model { get; }

    public PassInput[] Passes { get; }

    public TokenSample Sample { get; }

    int Positions { get; }

    /// <summary>The layer, valid until another is asked for.</summary>
    public Block Layer(int layer) => Model.Layer(layer, Positions);

    /// <summary>What the first layer reads, per pass.</summary>
    public Tensor[] Embed()
    {
        using var workspace = new Workspace();
        return LayerwisePass.Embed(Model, Passes, workspace);
    }

    /// <summary>The attention of a layer; the stream is changed in place.</summary>
    public void Attend(Workspace workspace, Block block, int pass, Tensor stream)
    {
        workspace.Begin(recording: false);
        Into(block.ForwardAttention(workspace, stream, Passes[pass]), stream);
    }

    /// <summary>The feed-forward of a layer, with all its experts or some; the stream is changed in place.</summary>
    /// <param name="workspace">Begun anew.</param>
    /// <param name="block">The layer.</param>
    /// <param name="pass">Number of the pass.</param>
    /// <param name="stream">[T, D], the attention done.</param>
    /// <param name="kept">The experts that stay, or null for all.</param>
    public void FeedForward(Workspace workspace, Block block, int pass, Tensor stream, RouterSubset? kept)
    {
        workspace.Begin(recording: false);
        if (kept is not { } subset || block.FeedForward is not MixtureFeedForward mixture)
        {
            Into(block.ForwardFeedForward(workspace, stream, Passes[pass]), stream);
            return;
        }
        var x = block.FeedForwardInput(workspace, stream);
        var routing = subset.Route(workspace, LayerSample.Scores(workspace, mixture, x, Passes[pass]));
        Elementwise.Add(stream.Span, mixture.ForwardAs(workspace, x, Passes[pass], routing).Span);
    }

    /// <summary>What a mixture reads of the sampled tokens, the attention being done.</summary>
    /// <param name="block">The layer.</param>
    /// <param name="streams">Per pass what it reads.</param>
    /// <param name="targets">Per pass the streams of another model at this place, whose mixture's output is the target; or null.</param>
    public LayerSample Read(Block block, Tensor[] streams, Tensor[]? targets)
    {
        var mixture = (MixtureFeedForward)block.FeedForward;
        Tensor inputs = new(Sample.Rows, streams[0].Columns), logits = new(Sample.Rows, mixture.Router.Spec.Experts);
        var wanted = targets is null ? null : new Tensor(Sample.Rows, inputs.Columns);
        using var workspace = new Workspace();
        for (var p = 0; p < Passes.Length; p++)
        {
            workspace.Begin(recording: false);
            var x = block.FeedForwardInput(workspace, streams[p]);
            Sample.Take(p, x, inputs);
            Sample.Take(p, LayerSample.Scores(workspace, mixture, x, Passes[p]), logits);
            if (targets is not null) Sample.Take(p, mixture.Forward(workspace, block.FeedForwardInput(workspace, targets[p]), Passes[p], null), wanted!);
        }
        return new LayerSample(inputs, logits, Sample.PassOfRow, wanted);
    }

    static void Into(Tensor result, Tensor stream)
    {
        // Without recording, sums of the residual stream are written into the stream itself, but for layers that do nothing.
        if (!ReferenceEquals(result, stream)) result.Span.CopyTo(stream.Span);
    }
}
