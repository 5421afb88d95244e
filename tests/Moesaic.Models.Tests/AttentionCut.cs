using Moesaic.Models.Layers;

namespace Moesaic.Models.Tests;

/// <summary>A model cut into attention experts by the definition: expert e has key/value head e and the queries that read it.</summary>
static class AttentionCut
{
    public static AttentionSpec Spec(AttentionSpec heads, int chosen, ExpertKeys keys, bool keepFirst = false, float? scale = null) => heads with
    {
        Experts = new AttentionExpertsSpec(
            new RouterSpec { Experts = heads.KeyValueHeads, Chosen = chosen, Scale = scale ?? heads.KeyValueHeads }, keys, keepFirst),
    };

    /// <summary>The same weights; routers stay zero.</summary>
    public static Model Of(Model dense, AttentionSpec experts)
    {
        var cut = new Model(dense.Spec.With(experts));
        int width = experts.QueryHeads / experts.KeyValueHeads * experts.HeadDim, head = experts.HeadDim;
        foreach (var parameter in cut.Parameters)
        {
            if (dense.Parameters.FirstOrDefault(p => p.Name == parameter.Name) is { } same)
            {
                same.Value.Span.CopyTo(parameter.Value.Span);
                continue;
            }
            if (parameter.Role == ParameterRole.Router) continue;
            var parts = parameter.Name.Split('.');      // model.layers.L.self_attn.experts.E.q_proj.weight
            var (e, kind) = (int.Parse(parts[5], System.Globalization.CultureInfo.InvariantCulture), parts[6]);
            var source = dense[string.Join('.', [.. parts[..4], kind, "weight"])];
            var rows = kind == "q_proj" ? width : head;
            for (var r = 0; r < parameter.Value.Rows; r++)
                if (kind == "o_proj") source.Row(r).Slice(e * width, width).CopyTo(parameter.Value.Row(r));
                else source.Row((e * rows) + r).CopyTo(parameter.Value.Row(r));
        }
        return cut;
    }
}
