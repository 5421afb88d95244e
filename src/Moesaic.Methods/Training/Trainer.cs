using Moesaic.Formats;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
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
        Balance = new TrainingBalance(model, options);
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

    /// <summary>The router objectives in the last step, before it; empty before the first.</summary>
    public IReadOnlyList<ObjectiveValues> Objectives { get; private set; } = [];

    /// <summary>The router objectives, and what adjusts them.</summary>
    internal TrainingBalance Balance { get; }

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
        var terms = Balance.Terms;
        var whole = Options.LoadBalanceOver == LoadBalanceOver.Batch && passes.Count > 1 && terms.Any(t => t.CrossesPasses) ? Whole(passes, terms) : null;
        var (ledger, values) = (new BalanceLedger(terms), ObjectiveValues.Of(terms, Balance.Routers));
        LossSums? sums = null;
        foreach (var (rows, input, counted) in passes)
        {
            // Means over the tokens of the step: a pass counts by its share of them.
            var share = (float)counted / Math.Max(1, tokens);
            var found = new BalanceLedger(terms);
            input.Objectives = new BalanceObjectives(terms) { Share = share, Whole = whole, Found = found };
            (input.Statistics, input.AttentionStatistics) = (stepRouting, AttentionRouting);
            var pass = Pass(input, rows, 1f / count);
            sums = sums is { } before ? before + pass : pass;
            ledger.Add(found);
            if (whole is null) ObjectiveValues.Add(values, found, Balance.Routers, share);
        }
        if (whole is not null) ObjectiveValues.Add(values, ledger, Balance.Routers, 1);
        foreach (var (all, those) in Routing.Zip(stepRouting)) all.Add(those);
        var mean = sums!.Value / count;
        var loss = mean.Loss + (mean.Divergence ?? 0);
        var rate = schedule.At(step);
        var norm = double.IsFinite(loss) ? Optimiser.Step(rate) : double.NaN;
        if (double.IsFinite(norm))
        {
            RefreshWeights();
            Balance.After(step, ledger);
            Objectives = values;
            return new TrainingStep(Step, mean.Loss, norm, rate, tokens, mean.Divergence, mean.Accuracy, mean.Margin, StepRouting.Of(stepRouting), mean.OutputZLoss);
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
            input.Training = Options.Noise;
            if (Options.Noise) Balance.Prepare(input, step);
            input.Noise = Options.Noise ? new NoiseDraw(Options.Seed, step, (long)first * batch.Length) : null;
            input.ExpertDropout = Options.ExpertDropout > 0
                ? new ExpertDropout(Options.ExpertDropout, new NoiseDraw(Options.Seed, step, (long)first * batch.Length)) : null;
            input.Recompute = Options.Recompute;
            input.ExpertAnneal = Options.ExpertAnneal?.At(step) ?? default;
            input.AttentionAnneal = Options.AttentionAnneal?.At(step) ?? default;
            passes.Add(new(rows, input, input.Counted.Span.Count(true)));
        }
        return passes;
    }

    // Who is chosen does not depend on the objectives: a forward pass beforehand finds exactly what the passes will find.
    BalanceLedger Whole(List<PassOfStep> passes, IReadOnlyList<BalanceTerm> terms)
    {
        var whole = new BalanceLedger(terms);
        foreach (var (_, input, _) in passes)
        {
            var found = new BalanceLedger(terms);
            input.Objectives = new BalanceObjectives(terms) { Found = found };
            workspace.Begin(recording: false);
            model.Hidden(workspace, input);
            whole.Add(found);
        }
        return whole;
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
        Balance.Dispose();
    }
}
