using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Tensors.Optimization;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>
/// Continued pre-training, fine-tuning, distillation, preferences: an objective plus the router objectives, AdamW. Steps follow
/// one another until <see cref="TrainingOptions.Steps"/>; the bits of every step depend on the model, the data, the options and
/// the kernel level, not on threads, nor on whether the run was interrupted and restored in between.
/// </summary>
public sealed class Trainer : IDisposable
{
    readonly Model model;
    readonly IBatchSource data;
    readonly ITrainingObjective objective;
    readonly LearningRateSchedule schedule;
    readonly Workspace workspace = new();
    readonly RoutingStatistics[] stepRouting;

    /// <summary>Prepares a training run; marks which parameters need gradients.</summary>
    /// <param name="model">Trained in place.</param>
    /// <param name="data">Batches by step number.</param>
    /// <param name="options">Settings.</param>
    /// <param name="objective">What is minimised, not disposed with this; null: <see cref="NextToken"/>.</param>
    /// <exception cref="BadRequestException">Nothing to train, or a router that no gradient would reach.</exception>
    public Trainer(Model model, IBatchSource data, TrainingOptions options, ITrainingObjective? objective = null)
    {
        options.Check(model.Spec);
        (this.model, this.data, Options) = (model, data, options);
        this.objective = objective ?? new NextToken();
        schedule = new(options.LearningRate, options.Steps, options.WarmupSteps, options.Schedule, options.FinalFraction);
        Optimiser = new AdamW(TrainedParameters.Mark(model, options), options.Optimiser);
        (Routing, AttentionRouting, stepRouting) = (model.NewStatistics(), model.NewAttentionStatistics(), model.NewStatistics());
    }

    /// <summary>Settings.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The optimiser, whose state is saved.</summary>
    public AdamW Optimiser { get; }

    /// <summary>The model being trained.</summary>
    public Model Model => model;

    /// <summary>Optimiser steps taken.</summary>
    public int Step => Optimiser.StepCount;

    /// <summary>Whether all steps are taken.</summary>
    public bool Finished => Step >= Options.Steps;

    /// <summary>What the routers decided since this was last cleared, one per mixture layer.</summary>
    public RoutingStatistics[] Routing { get; }

    /// <summary>The same of attention experts, one per layer that has them.</summary>
    public RoutingStatistics[] AttentionRouting { get; }

    /// <summary>Takes the next step.</summary>
    /// <exception cref="BadModelException">Loss or gradient is not finite; the parameters are those before the step.</exception>
    public TrainingStep Advance()
    {
        var step = Step;
        var batch = data.At(step);
        foreach (var routing in stepRouting) routing.Clear();
        var count = objective.Count(batch);
        var passes = Passes(batch, step);
        var tokens = passes.Sum(p => p.Tokens);
        var loads = Options.LoadBalanceOver == LoadBalanceOver.Batch && Options.LoadBalance > 0 && passes.Count > 1 ? Loads(passes) : null;
        LossSums? sums = null;
        foreach (var (rows, input, counted) in passes)
        {
            // Means over the tokens of the step: a pass counts by its share of them.
            var share = (float)counted / Math.Max(1, tokens);
            input.Objectives = new BalanceObjectives(Options.LoadBalance * share, Options.ZLoss * share) { Variation = Options.Variation * share, Loads = loads };
            (input.Statistics, input.AttentionStatistics) = (stepRouting, AttentionRouting);
            var pass = Pass(input, rows, 1f / count);
            sums = sums is { } before ? before + pass : pass;
        }
        foreach (var (all, those) in Routing.Zip(stepRouting)) all.Add(those);
        var mean = sums!.Value / count;
        var loss = mean.Loss + (mean.Divergence ?? 0);
        var rate = schedule.At(step);
        var norm = double.IsFinite(loss) ? Optimiser.Step(rate) : double.NaN;
        if (double.IsFinite(norm))
        {
            RefreshWeights();
            return new TrainingStep(Step, mean.Loss, norm, rate, tokens, mean.Divergence, mean.Accuracy, mean.Margin, StepRouting.Of(stepRouting));
        }

        Optimiser.ClearGradients();
        throw new BadModelException(
            $"Training diverged at step {step + 1}: loss {loss}, gradient norm {norm}. Nothing of this step was applied. " +
            $"Lower the learning rate (now {rate:g3}), lengthen the warm-up (now {Options.WarmupSteps} steps) or lower the clipping norm.");
    }

    readonly record struct PassOfStep(BatchRows Rows, PassInput Input, int Tokens);

    List<PassOfStep> Passes(Batch batch, int step)
    {
        var passes = new List<PassOfStep>();
        for (var first = 0; first < batch.Rows; first += Options.RowsPerPass)
        {
            var rows = new BatchRows(batch, first, Math.Min(Options.RowsPerPass, batch.Rows - first));
            var input = rows.Input();
            input.Noise = Options.Noise ? new NoiseDraw(Options.Seed, step, (long)first * batch.Length) : null;
            input.Recompute = Options.Recompute;
            input.ExpertAnneal = Options.ExpertAnneal?.At(step) ?? default;
            input.AttentionAnneal = Options.AttentionAnneal?.At(step) ?? default;
            passes.Add(new(rows, input, input.Counted.Span.Count(true)));
        }
        return passes;
    }

    // Who is chosen does not depend on the load: a forward pass beforehand counts exactly what the passes will choose.
    Dictionary<Router, double[]> Loads(List<PassOfStep> passes)
    {
        var (experts, heads) = (model.NewStatistics(), model.NewAttentionStatistics());
        foreach (var (_, input, _) in passes)
        {
            (input.Statistics, input.AttentionStatistics) = (experts, heads);
            workspace.Begin(recording: false);
            model.Hidden(workspace, input);
            input.AttentionStatistics = null;
        }
        return model.Mixtures.Select(m => m.Router).Zip(experts)
            .Concat(model.Blocks.Select(b => b.Attention).OfType<ExpertAttention>().Select(a => a.Router).Zip(heads))
            .ToDictionary(p => p.First, p => p.Second.Load);
    }

    LossSums Pass(PassInput input, BatchRows rows, float weight)
    {
        workspace.Begin(recording: true);
        var sums = objective.Run(workspace, model, model.Hidden(workspace, input), rows, weight);
        if (double.IsFinite(sums.Loss + (sums.Divergence ?? 0))) workspace.Backward();
        workspace.Reset();
        return sums;
    }

    /// <summary>Rounds again what is rounded of the trained values; after they were changed from outside.</summary>
    internal void RefreshWeights()
    {
        foreach (var parameter in model.Parameters)
            if (parameter.Matrix is RoundedMatrix { Master.NeedsGradient: true } rounded) rounded.Refresh();
    }

    /// <summary>Most bytes that a pass needed for what it keeps and computes; between steps.</summary>
    public long PassBytes => workspace.Bytes;

    /// <summary>Frees optimiser state and buffers; the model stays.</summary>
    public void Dispose()
    {
        workspace.Dispose();
        Optimiser.Dispose();
    }
}
