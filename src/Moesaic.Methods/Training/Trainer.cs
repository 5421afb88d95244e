using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;
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
        foreach (var parameter in model.Parameters)
            parameter.Value.NeedsGradient = options.Trains(parameter.Role);
        Optimiser = new AdamW(model.Parameters.Where(p => p.Value.NeedsGradient)
            .Select(p => new TrainedParameter(p.Name, p.Value, Decays: !p.IsVector)), options.Optimiser);
        Routing = model.NewStatistics();
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

    /// <summary>Takes the next step.</summary>
    /// <exception cref="BadModelException">Loss or gradient is not finite; the parameters are those before the step.</exception>
    public TrainingStep Advance()
    {
        var step = Step;
        var batch = data.At(step);
        var count = objective.Count(batch);
        var passes = (batch.Rows + Options.RowsPerPass - 1) / Options.RowsPerPass;
        var objectives = new BalanceObjectives(Options.LoadBalance / passes, Options.ZLoss / passes) { Variation = Options.Variation / passes };
        LossSums? sums = null;
        var tokens = 0;
        for (var first = 0; first < batch.Rows; first += Options.RowsPerPass)
        {
            var rows = new BatchRows(batch, first, Math.Min(Options.RowsPerPass, batch.Rows - first));
            var input = rows.Input();
            input.Objectives = objectives;
            input.Noise = new NoiseDraw(Options.Seed, step, (long)first * batch.Length);
            input.Statistics = Routing;
            tokens += input.Counted.Span.Count(true);
            var pass = Pass(input, rows, 1f / count);
            sums = sums is { } before ? before + pass : pass;
        }
        var mean = sums!.Value / count;
        var loss = mean.Loss + (mean.Divergence ?? 0);
        var rate = schedule.At(step);
        var norm = double.IsFinite(loss) ? Optimiser.Step(rate) : double.NaN;
        if (double.IsFinite(norm)) return new TrainingStep(Step, mean.Loss, norm, rate, tokens, mean.Divergence, mean.Accuracy, mean.Margin);

        Optimiser.ClearGradients();
        throw new BadModelException(
            $"Training diverged at step {step + 1}: loss {loss}, gradient norm {norm}. Nothing of this step was applied. " +
            $"Lower the learning rate (now {rate:g3}), lengthen the warm-up (now {Options.WarmupSteps} steps) or lower the clipping norm.");
    }

    LossSums Pass(PassInput input, BatchRows rows, float weight)
    {
        workspace.Begin(recording: true);
        var sums = objective.Run(workspace, model, model.Hidden(workspace, input), rows, weight);
        if (double.IsFinite(sums.Loss + (sums.Divergence ?? 0))) workspace.Backward();
        workspace.Reset();
        return sums;
    }

    /// <summary>Frees optimiser state and buffers; the model stays.</summary>
    public void Dispose()
    {
        workspace.Dispose();
        Optimiser.Dispose();
    }
}
