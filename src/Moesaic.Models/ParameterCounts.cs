using Moesaic.Models;

namespace Moesaic.Methods.Inspection;

/// <summary>Parameters of a model by what they are for, from its shape alone.</summary>
public static class ParameterCounts
{
    /// <summary>
    /// Total parameters of each role, and those one token uses. Every role counts wholly but the routed experts, of which a
    /// token uses K of E (of uneven experts, the mean).
    /// </summary>
    /// <param name="spec">The shape.</param>
    /// <returns>In the order of <see cref="ParameterRole"/>; roles the model does not have are left out.</returns>
    public static IReadOnlyList<(ParameterRole Role, long Total, long Active)> Of(ModelSpec spec)
    {
        var counts = new SortedDictionary<ParameterRole, (long Total, long Active)>();
        Add(ParameterRole.Embeddings, (long)spec.VocabularySize * spec.Width);
        if (!spec.TiedEmbeddings) Add(ParameterRole.Head, (long)spec.VocabularySize * spec.Width);
        Add(ParameterRole.Norms, (2L * spec.Layers.Count + 1) * spec.Width);
        foreach (var layer in spec.Layers)
        {
            Add(ParameterRole.Attention, Attention(layer.Attention, spec.Width));
            switch (layer.FeedForward)
            {
                case DenseSpec dense:
                    Add(ParameterRole.FeedForward, 3L * dense.Width * spec.Width);
                    break;
                case MixtureSpec mixture:
                    var (router, routed) = (mixture.Router, mixture.ExpertWidths.Sum(w => 3L * w * spec.Width));
                    Add(ParameterRole.Router, (long)router.Experts * spec.Width);
                    Add(ParameterRole.Experts, routed, routed * router.Chosen / router.Experts);
                    if (mixture.SharedWidth > 0) Add(ParameterRole.SharedExperts, 3L * mixture.SharedWidth * spec.Width);
                    break;
            }
        }
        return [.. counts.Select(c => (c.Key, c.Value.Total, c.Value.Active))];

        void Add(ParameterRole role, long total, long? active = null)
        {
            var before = counts.GetValueOrDefault(role);
            counts[role] = (before.Total + total, before.Active + (active ?? total));
        }
    }

    static long Attention(AttentionSpec attention, int width)
    {
        long query = attention.QueryHeads * attention.HeadDim, keyValue = attention.KeyValueHeads * attention.HeadDim;
        return width * (2 * query + 2 * keyValue) + (attention.Bias ? query + 2 * keyValue + width : 0);
    }
}
