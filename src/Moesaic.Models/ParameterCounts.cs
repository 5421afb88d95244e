using Moesaic.Models.Experts;

namespace Moesaic.Models;

/// <summary>Parameters of one role.</summary>
/// <param name="Role">What they are for.</param>
/// <param name="Total">All of them.</param>
/// <param name="Active">Those that one token uses.</param>
public sealed record RoleCount(ParameterRole Role, long Total, long Active);

/// <summary>How many parameters a model has, from its shape alone.</summary>
/// <param name="Roles">In the order of <see cref="ParameterRole"/>; roles the model does not have are left out.</param>
public sealed record ParameterCounts(IReadOnlyList<RoleCount> Roles)
{
    /// <summary>Parameters in all.</summary>
    public long Total => Roles.Sum(r => r.Total);

    /// <summary>
    /// Parameters one token uses, embedding and head counted. Every role counts wholly but the routed experts, of the
    /// feed-forward and of attention, of which a token uses <see cref="RouterSpec.PerToken"/>;
    /// of uneven experts the mean counts. Which ones a token uses, and of some routers how many, is only known at run time: see <see cref="Measured"/>.
    /// </summary>
    public long Active => Roles.Sum(r => r.Active);

    /// <summary>Counts the parameters of a shape.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="training">Whether tokens use the experts that they use while training. Default: those of evaluation.</param>
    public static ParameterCounts Of(ModelSpec spec, bool training = false)
    {
        return Of(spec, Uniform, router => Experts(router) / router.Experts);

        double Experts(RouterSpec router) => (training ? router.InTraining() : router).PerToken;
        double[] Uniform(RouterSpec router) => [.. Enumerable.Repeat(Experts(router) / router.Experts, router.Experts)];
    }

    /// <summary>Counts the parameters of a shape, those one token uses by what routers have decided.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="mixtures">Of the layers with experts in the feed-forward, in order, with tokens.</param>
    /// <param name="attention">Of the layers with experts in attention.</param>
    public static ParameterCounts Measured(
        ModelSpec spec, IReadOnlyList<RoutingStatistics> mixtures, IReadOnlyList<RoutingStatistics> attention)
    {
        var (m, a) = (0, 0);
        return Of(spec, _ => Shares(mixtures[m++]), _ => attention[a].PerToken / attention[a++].Experts);

        static double[] Shares(RoutingStatistics layer) => [.. layer.Slots.ToArray().Select(s => s / (double)Math.Max(1, layer.Tokens))];
    }

    /// <param name="spec">The shape.</param>
    /// <param name="shares">Of each expert the share of the tokens that use it; asked for layer after layer.</param>
    /// <param name="attentionShare">Of the experts of attention together.</param>
    static ParameterCounts Of(ModelSpec spec, Func<RouterSpec, double[]> shares, Func<RouterSpec, double> attentionShare)
    {
        var counts = new SortedDictionary<ParameterRole, (long Total, long Active)>();
        Add(ParameterRole.Embeddings, (long)spec.VocabularySize * spec.Width);
        if (!spec.TiedEmbeddings) Add(ParameterRole.Head, (long)spec.VocabularySize * spec.Width);
        Add(ParameterRole.Norms, (2L * spec.Layers.Count + 1 - spec.Layers.Count(l => l.FeedForward is AbsentSpec)) * spec.Width);
        foreach (var layer in spec.Layers)
        {
            Add(ParameterRole.Attention, Attention(layer.Attention, spec.Width), ActiveAttention(layer.Attention, spec.Width, attentionShare));
            if (layer.Attention.Experts is { Router: var chooses })
            {
                Add(ParameterRole.Router, RouterFactory.Parameters(chooses, spec.Width));
                if (chooses.SelectionBias) Add(ParameterRole.SelectionBias, chooses.Experts);
            }
            Add(ParameterRole.Norms, Norms(layer.Attention));
            switch (layer.FeedForward)
            {
                case DenseSpec dense:
                    Add(ParameterRole.FeedForward, (long)dense.Activation.Matrices() * dense.Width * spec.Width);
                    break;
                case MixtureSpec mixture:
                    var (router, matrices) = (mixture.Router, (long)mixture.Activation.Matrices());
                    var biased = mixture.ExpertBias ? 1 : 0;
                    long[] ofExpert = [.. mixture.ExpertWidths.Select(w => w == 0 ? 0 : (matrices * w * spec.Width) + (biased * (((matrices - 1) * w) + spec.Width)))];
                    Add(ParameterRole.Router, RouterFactory.Parameters(router, spec.Width));
                    Add(ParameterRole.Experts, ofExpert.Sum(), (long)Math.Round(shares(router).Zip(ofExpert, (share, size) => share * size).Sum()));
                    if (router.SelectionBias) Add(ParameterRole.SelectionBias, router.Experts);
                    if (mixture.SharedWidth > 0)
                        Add(ParameterRole.SharedExperts, (matrices * mixture.SharedWidth * spec.Width) + mixture.SharedGate switch
                        {
                            SharedGate.None => 0,
                            SharedGate.Sigmoid => spec.Width,
                            _ => 2 * (spec.Width + 1),
                        });
                    break;
            }
        }
        return new([.. counts.Select(c => new RoleCount(c.Key, c.Value.Total, c.Value.Active))]);

        void Add(ParameterRole role, long total, long? active = null)
        {
            var before = counts.GetValueOrDefault(role);
            counts[role] = (before.Total + total, before.Active + (active ?? total));
        }
    }

    static long Attention(AttentionSpec attention, int width)
    {
        long heads = attention.QueryHeads, query = heads * attention.HeadDim, keyValue = attention.KeyValueHeads * attention.HeadDim;
        if (attention.Latent is { } latent)
            return (latent.QueryRank == 0 ? query * width : latent.QueryRank * (query + width))
                + ((long)(latent.Rank + latent.RotaryDim) * width)
                + (heads * (attention.HeadDim - latent.RotaryDim + latent.ValueDim) * latent.Rank)
                + (heads * latent.ValueDim * width);
        return (attention.Sinks ? heads : 0) + (width * ((2 * query) + (2 * keyValue))) + attention.Bias switch
        {
            AttentionBias.None => 0,
            AttentionBias.QueryKeyValue => query + (2 * keyValue),
            _ => query + (2 * keyValue) + width,
        };
    }

    // Of attention experts without keys of their own, every token uses the whole projections of keys and values.
    static long ActiveAttention(AttentionSpec attention, int width, Func<RouterSpec, double> share)
    {
        var all = Attention(attention, width);
        if (attention.Experts is not { } experts) return all;
        var always = experts.Keys != ExpertKeys.Routed ? 2L * width * attention.KeyValueHeads * attention.HeadDim : 0;
        return always + (long)Math.Round((all - always) * share(experts.Router));
    }

    static long Norms(AttentionSpec attention) => attention.Latent is { } latent ? latent.QueryRank + latent.Rank : attention.Norm switch
    {
        HeadNorm.None => 0,
        HeadNorm.Head => 2 * attention.HeadDim,
        _ => (long)(attention.QueryHeads + attention.KeyValueHeads) * attention.HeadDim,
    };
}
