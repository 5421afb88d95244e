using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>One layer: x += attention(norm(x)); x += feedForward(norm(x)), the latter unless it is absent.</summary>
public sealed class Block
{
    readonly float epsilon;
    readonly Tensor attentionNorm;
    readonly Tensor? feedForwardNorm;

    internal Block(int layer, ModelSpec model, RotaryTable rotary, ParameterFactory make)
    {
        var spec = model.Layers[layer];
        var prefix = $"model.layers.{layer}";
        epsilon = model.NormEpsilon;
        attentionNorm = make.Vector($"{prefix}.input_layernorm.weight", ParameterRole.Norms, model.Width);
        Attention = spec.Attention.Experts is null
            ? new HeadAttention(layer, model, spec.Attention, rotary, make) : new ExpertAttention(layer, model, spec.Attention, rotary, make);
        feedForwardNorm = spec.FeedForward is AbsentSpec ? null
            : make.Vector($"{prefix}.post_attention_layernorm.weight", ParameterRole.Norms, model.Width);
        FeedForward = spec.FeedForward switch
        {
            DenseSpec dense => Dense($"{prefix}.mlp", ParameterRole.FeedForward, dense.Width, dense.Activation),
            MixtureSpec mixture => Mixture($"{prefix}.mlp", mixture),
            AbsentSpec => new AbsentFeedForward(),
            _ => throw new ArgumentException($"layer {layer}: unknown feed-forward {spec.FeedForward}", nameof(model)),
        };

        DenseFeedForward Dense(string name, ParameterRole role, int width, Activation activation) => new(
            activation == Activation.Swiglu ? make.Matrix($"{name}.gate_proj.weight", role, width, model.Width) : null,
            make.Matrix($"{name}.up_proj.weight", role, width, model.Width),
            make.Matrix($"{name}.down_proj.weight", role, model.Width, width), activation);

        MixtureFeedForward Mixture(string name, MixtureSpec mixture)
        {
            var router = RouterFactory.Make(mixture.Router, $"{name}.gate", layer, model.Width, make, mixture.ExpertWidths);
            var gated = mixture.Activation == Activation.Swiglu;
            DenseFeedForward[] experts = [.. mixture.ExpertWidths.Select((width, e) => width == 0 ? NoExpert(gated)
                : Dense($"{name}.experts.{e}", ParameterRole.Experts, width, mixture.Activation))];
            var shared = mixture.SharedWidth == 0 ? null
                : Dense($"{name}.shared_experts", ParameterRole.SharedExperts, mixture.SharedWidth, mixture.Activation);
            var mixed = mixture is { SharedGate: SharedGate.Mix, SharedWidth: > 0 };
            var gate = mixed || mixture is { SharedGate: SharedGate.Sigmoid, SharedWidth: > 0 }
                ? make.Matrix($"{name}.shared_expert_gate.weight", ParameterRole.SharedExperts, mixed ? 2 : 1, model.Width) : null;
            var gateBias = mixed ? make.Vector($"{name}.shared_expert_gate.bias", ParameterRole.SharedExperts, 2) : null;
            return new MixtureFeedForward(router,
                new ExpertTable(gated ? [.. experts.Select(e => e.Gate)] : [], [.. experts.Select(e => e.Up)], [.. experts.Select(e => e.Down)],
                    mixture.ExpertBias ? new(gated ? Biases("gate", mixture) : [], Biases("up", mixture), Biases("down", mixture)) : null,
                    mixture.Clamp, mixture.Activation),
                shared, gate, gateBias, layer);

            // An expert that is not there gets no rows; what stands for it has no numbers and is no parameter.
            DenseFeedForward NoExpert(bool gated) => new(gated ? new AbsentMatrix(0, model.Width) : null, new AbsentMatrix(0, model.Width),
                new AbsentMatrix(model.Width, 0), mixture.Activation);

            Tensor[] Biases(string projection, MixtureSpec mixture) => [.. mixture.ExpertWidths.Select((width, e) => width == 0 ? new Tensor(1, 0) : make.Vector(
                $"{name}.experts.{e}.{projection}_proj.bias", ParameterRole.Experts, projection == "down" ? model.Width : width))];
        }
    }

    /// <summary>The attention sub-layer.</summary>
    public AttentionLayer Attention { get; }

    /// <summary>The feed-forward sub-layer.</summary>
    public FeedForwardLayer FeedForward { get; }

    /// <summary>Runs the layer.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D]; changed when not recording.</param>
    /// <param name="input">Positions, segments, cache, objectives.</param>
    /// <param name="statistics">Collects what the router of the feed-forward decides, or null.</param>
    /// <param name="attention">Collects what the router of the attention decides, or null.</param>
    /// <returns>[T, D].</returns>
    public Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics, RoutingStatistics? attention = null) =>
        ForwardFeedForward(workspace, ForwardAttention(workspace, x, input, attention), input, statistics);

    /// <summary>The first half: x + attention(norm(x)).</summary>
    public Tensor ForwardAttention(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics = null)
    {
        input.WantsReceived = FeedForward is MixtureFeedForward { Router: var router } && router.Rule(workspace, input) is { Protection: not null };
        using (workspace.OpenScope())
            return workspace.Residual(x, Attention.Forward(workspace, AttentionInput(workspace, x), input, statistics));
    }

    /// <summary>The second half: x + feedForward(norm(x)); x where there is no feed-forward.</summary>
    public Tensor ForwardFeedForward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics = null)
    {
        if (feedForwardNorm is null) return x;
        using (workspace.OpenScope())
            return workspace.Residual(x, FeedForward.Forward(workspace, FeedForwardInput(workspace, x), input, statistics));
    }

    /// <summary>What the attention (and its router) sees: norm(x), [T, D].</summary>
    public Tensor AttentionInput(Workspace workspace, Tensor x) => workspace.RmsNorm(x, attentionNorm, epsilon);

    /// <summary>What the feed-forward (and its router) sees: norm(x), [T, D]; x itself where there is neither.</summary>
    public Tensor FeedForwardInput(Workspace workspace, Tensor x) => feedForwardNorm is null ? x : workspace.RmsNorm(x, feedForwardNorm, epsilon);
}
