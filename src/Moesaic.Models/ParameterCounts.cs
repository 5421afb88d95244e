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
    /// feed-forward and of attention, of which a token uses K of E; of uneven experts the mean counts: which ones a token uses is only known at run time.
    /// </summary>
    public long Active => Roles.Sum(r => r.Active);

    /// <summary>Counts the parameters of a shape.</summary>
    /// <param name="spec">The shape.</param>
    public static ParameterCounts Of(ModelSpec spec)
    {
        var counts = new SortedDictionary<ParameterRole, (long Total, long Active)>();
        Add(ParameterRole.Embeddings, (long)spec.VocabularySize * spec.Width);
        if (!spec.TiedEmbeddings) Add(ParameterRole.Head, (long)spec.VocabularySize * spec.Width);
        Add(ParameterRole.Norms, (2L * spec.Layers.Count + 1 - spec.Layers.Count(l => l.FeedForward is AbsentSpec)) * spec.Width);
        foreach (var layer in spec.Layers)
        {
            Add(ParameterRole.Attention, Attention(layer.Attention, spec.Width), ActiveAttention(layer.Attention, spec.Width));
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
                    var routed = mixture.ExpertWidths.Sum(w => matrices * w * spec.Width);
                    if (mixture.ExpertBias) routed += mixture.ExpertWidths.Where(w => w > 0).Sum(w => ((matrices - 1) * w) + spec.Width);
                    Add(ParameterRole.Router, RouterFactory.Parameters(router, spec.Width));
                    Add(ParameterRole.Experts, routed, routed * router.Chosen / router.Experts);
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
    static long ActiveAttention(AttentionSpec attention, int width)
    {
        var all = Attention(attention, width);
        if (attention.Experts is not { } experts) return all;
        var always = experts.Keys != ExpertKeys.Routed ? 2L * width * attention.KeyValueHeads * attention.HeadDim : 0;
        return always + ((all - always) * experts.Router.Chosen / experts.Router.Experts);
    }

    static long Norms(AttentionSpec attention) => attention.Latent is { } latent ? latent.QueryRank + latent.Rank : attention.Norm switch
    {
        HeadNorm.None => 0,
        HeadNorm.Head => 2 * attention.HeadDim,
        _ => (long)(attention.QueryHeads + attention.KeyValueHeads) * attention.HeadDim,
    };
}
