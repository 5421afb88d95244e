using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Evaluation;

/// <summary>
/// What a model asks of the machine for one token (Williams et al. 2009): decoding is bound by the weights it reads, reading
/// a prompt by the arithmetic.
/// </summary>
/// <param name="WeightBytes">
/// Bytes of weights read for one token: every matrix, of feed-forward and attention experts as many as <see cref="RouterSpec.PerToken"/> says of E.
/// </param>
/// <param name="Flops">Operations per token of a prompt, without attention and the head, which runs once; a multiply-add counts two.</param>
/// <param name="AttentionFlops">Operations per token and token seen.</param>
public sealed record Roofline(double WeightBytes, double Flops, double AttentionFlops)
{
    /// <summary>Counts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="perToken">Experts that a token really computes, by mixture layer; null: the K that its router chooses.</param>
    public static Roofline Of(Model model, IReadOnlyList<double>? perToken = null)
    {
        var mixtures = 0;
        var counted = new HashSet<WeightMatrix>();
        double bytes = model.Head.Bytes, operations = 0, attention = 0;
        foreach (var (layer, block) in model.Spec.Layers.Zip(model.Blocks))
        {
            // An expert's queries see, where keys are routed, those of the tokens that chose it too.
            var heads = block.Attention is ExpertAttention { Experts: var chooses }
                ? Math.Pow(chooses.Router.PerToken / (double)chooses.Router.Experts, chooses.Keys == ExpertKeys.Routed ? 2 : 1) : 1;
            attention += 4.0 * heads * layer.Attention.QueryHeads * layer.Attention.HeadDim;
            if (block.Attention is ExpertAttention routed)
                Share(routed.RoutedMatrices, routed.Experts.Router.PerToken / (double)routed.Experts.Router.Experts);
            if (block.FeedForward is not MixtureFeedForward mixture) continue;
            var experts = mixture.Experts;
            Share([.. experts.Gates, .. experts.Ups, .. experts.Downs], perToken is null ? mixture.Router.Spec.PerToken / (double)mixture.Router.Spec.Experts
                : perToken[mixtures++] / experts.Ups.Count(up => up.Rows > 0));
        }
        foreach (var parameter in model.Parameters)
        {
            if (parameter.Role is ParameterRole.Embeddings or ParameterRole.Head or ParameterRole.Experts || parameter.IsVector
                || counted.Contains(parameter.Matrix)) continue;
            bytes += parameter.Matrix.Bytes;
            operations += 2.0 * parameter.Matrix.Rows * parameter.Matrix.Columns;
        }
        return new Roofline(bytes, operations, attention);

        void Share(IEnumerable<WeightMatrix> matrices, double share)
        {
            foreach (var matrix in matrices)
            {
                counted.Add(matrix);
                bytes += share * matrix.Bytes;
                operations += share * 2.0 * matrix.Rows * matrix.Columns;
            }
        }
    }

    /// <summary>Share of the read bandwidth at so many decoded tokens per second.</summary>
    public double BandwidthShare(double tokensPerSecond, Ceilings machine) => tokensPerSecond * WeightBytes / machine.ReadBytesPerSecond;

    /// <summary>Share of the arithmetic peak at so many prompt tokens per second.</summary>
    /// <param name="tokensPerSecond">Speed.</param>
    /// <param name="seen">Tokens that a token of the prompt sees, on average.</param>
    /// <param name="machine">The ceilings.</param>
    public double ArithmeticShare(double tokensPerSecond, double seen, Ceilings machine) =>
        tokensPerSecond * (Flops + (seen * AttentionFlops)) / machine.FlopsPerSecond;
}
