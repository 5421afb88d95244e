using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Who is chosen: scores, selection and combine weights for each token, with their gradient. The slots of <see cref="RouterSpec"/> in order.</summary>
/// <param name="spec">The pipeline.</param>
/// <param name="score">Slot 2, with its weights.</param>
/// <param name="selectionBias">[1, E], with <see cref="RouterSpec.SelectionBias"/>; otherwise null.</param>
/// <param name="gain">[1, E], with <see cref="CombineWeight.One"/>; otherwise null.</param>
/// <param name="noise">Slot 3, with its weights; null without <see cref="RouterNoise.Learned"/>.</param>
public sealed class Router(RouterSpec spec, IRouterScore score, Tensor? selectionBias = null, Tensor? gain = null, LearnedNoise? noise = null)
{
    readonly RouterSpec training = spec.InTraining();
    readonly PolicyRule? rule = PolicyRule.Of(spec);

    /// <summary>A router whose score is linear.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="weight">[E, D].</param>
    /// <param name="selectionBias">[1, E], with <see cref="RouterSpec.SelectionBias"/>; otherwise null.</param>
    public Router(RouterSpec spec, WeightMatrix weight, Tensor? selectionBias = null) : this(spec, new LinearScore(weight), selectionBias)
    {
    }

    /// <summary>The pipeline.</summary>
    public RouterSpec Spec { get; } = spec;

    /// <summary>Slot 1, with its weights; null for the token itself. Default null.</summary>
    public IRouterKey? Key { get; init; }

    /// <summary>Slot 2, with its weights.</summary>
    public IRouterScore Score { get; } = score;

    /// <summary>The matrix that reads x: [E, D].</summary>
    public WeightMatrix Weight => Score.Matrices[0];

    /// <summary>Router of groups, [G, D], with <see cref="GroupScore.Own"/>; otherwise null.</summary>
    public WeightMatrix? GroupWeight { get; init; }

    /// <summary>[1, E], or null.</summary>
    public Tensor? SelectionBias { get; } = selectionBias;

    /// <summary>g, [1, E], or null.</summary>
    public Tensor? Gain { get; } = gain;

    /// <summary>E flags: the experts that are not there, from which a token gets nothing; empty when all are. Default: all.</summary>
    public bool[] Absent { get; init; } = [];

    /// <summary>Which of the model's streams of noise is the router's own.</summary>
    public int Stream { get; init; }

    /// <summary>Routes T tokens.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], the experts' input.</param>
    /// <param name="input">Which tokens count, the objectives, and what else the slots look at.</param>
    /// <param name="statistics">Collects the decisions, or null.</param>
    /// <param name="anneal">Whether more experts are chosen than K. Default: K.</param>
    public Routing Route(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics, ChosenAnneal anneal = default)
    {
        var spec = input.Training ? training : Spec;
        var chosen = anneal.Of(spec);
        var policy = Rule(workspace, input);
        var (logits, noisy) = Logits(workspace, x, input, chosen);
        if (policy is { Masked.Length: > 0 }) logits = DroppedExperts.Mask(workspace, logits, policy.Masked, chosen);
        var fates = policy?.Protection is { } protection ? TokenFates.Of(protection, x, input) : null;
        // The gradient of choices that go again, and of mapped probabilities, is that of the general decision.
        var plain = PlainDecision.Fits(spec) && !(workspace.Recording && (Absent.Length > 0 || spec.Map is not null));
        var ragged = plain ? default : RaggedDecision.Of(workspace, spec, this, logits, chosen, input, policy, fates);
        var routing = plain ? PlainDecision.Of(workspace, spec, this, logits, chosen, policy, fates) : ragged.Routing;
        statistics?.Add(routing, Spec, input.Counted.Span);
        if (spec.Map is not null && input.Objectives is not null)
            throw new BadRequestException("A router behind a probability map cannot be trained with objectives on its experts: it scores others than it chooses.");
        var objectives = input.Objectives?.Observe(new(this, logits, noisy, routing, input.Counted, input.Segments));
        if (!workspace.Recording || !logits.NeedsGradient) return routing;
        if (plain) RecordPlain(workspace, spec, logits, routing, objectives);
        else RecordRagged(workspace, logits, ragged, objectives);
        return routing;
    }

    /// <summary>The policy of a pass, or null: training and gradients are of the router alone.</summary>
    internal PolicyRule? Rule(Workspace workspace, PassInput input) =>
        input.Training || workspace.Recording ? null : input.Policies is { } given ? given.Of(this) : rule;

    // Slots 1 to 3.
    (Tensor Logits, NoisyLogits? Noisy) Logits(Workspace workspace, Tensor x, PassInput input, int chosen)
    {
        var key = Key is null ? x : Key.Of(workspace, x, input);
        var draw = input.Noise;
        if (input.Training && Spec.Training is { InputJitter: > 0 and var epsilon } && draw is { } jitter)
            key = InputJitter.Apply(workspace, key, epsilon, jitter, Stream);
        var logits = Score.Logits(workspace, key);
        if (GroupWeight is not null) logits = TreeLogits.Join(workspace, workspace.Linear(key, GroupWeight), logits);
        if (Spec.Norm is { } norm) logits = LogitScaling.Normalise(workspace, logits, norm);
        if (Spec.Temperature * input.RouterTemperature is not 1 and var temperature) logits = LogitScaling.Divide(workspace, logits, temperature);
        NoisyLogits? noisy = null;
        if (noise is not null && draw is { } learned)
        {
            noisy = noise.Add(workspace, x, logits, learned);
            logits = noisy.Value.Logits;
        }
        else if (noise is null && Spec.Noise != RouterNoise.None && draw is { } drawn) logits = LogitNoise.Add(workspace, logits, Spec, drawn, Stream);
        if (input.DroppedExperts?.TryGetValue(this, out var dropped) is true) logits = DroppedExperts.Mask(workspace, logits, dropped, chosen);
        return (logits, noisy);
    }

    void RecordPlain(Workspace workspace, RouterSpec spec, Tensor logits, Routing routing, IRouterGradient? objectives) =>
        workspace.Record(routing.Weights, () =>
        {
            objectives?.AddToWeights(workspace);
            PlainDecision.AddGradient(workspace, spec, Gain, logits, routing);
            objectives?.AddToLogits(workspace);
        });

    static void RecordRagged(Workspace workspace, Tensor logits, RaggedDecision decision, IRouterGradient? objectives)
    {
        var own = decision.Routing.Own;
        var dOwn = own is null ? null : workspace.RentZeroed(own.Rows, 1);
        workspace.Record(decision.Routing.Weights, () =>
        {
            objectives?.AddToWeights(workspace);
            decision.AddGradient(workspace, logits, dOwn);
            objectives?.AddToLogits(workspace);
        });
        if (own is not null) workspace.Record(own, () => own.Gradient!.Span.CopyTo(dOwn!.Span));
    }
}
