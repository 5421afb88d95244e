using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// Two levels as one (Shazeer et al. 2017, appendix B): the logit of an expert is the logarithm of its group's probability times its
/// probability within the group. Their softmax is that product, and an expert's group weighs what its experts weigh together.
/// </summary>
static class TreeLogits
{
    /// <summary>log softmax(groups) + log softmax(experts within their group), with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="groups">[T, G].</param>
    /// <param name="experts">[T, E], group after group.</param>
    /// <returns>[T, E]; logsumexp of a row is 0.</returns>
    public static Tensor Join(Workspace workspace, Tensor groups, Tensor experts)
    {
        var y = workspace.Rent(experts.Rows, experts.Columns);
        var size = experts.Columns / groups.Columns;
        for (var t = 0; t < y.Rows; t++)
        {
            Span<float> u_G = groups.Row(t), z_E = experts.Row(t), y_E = y.Row(t);
            var all = LogSumExp(u_G);
            for (var g = 0; g < u_G.Length; g++)
            {
                var inner = LogSumExp(z_E.Slice(g * size, size));
                for (var e = g * size; e < (g + 1) * size; e++) y_E[e] = (float)(u_G[g] - all + z_E[e] - inner);
            }
        }
        if (workspace.Recording && (groups.NeedsGradient || experts.NeedsGradient)) Record(workspace, groups, experts, y);
        return y;
    }

    // With S the sums of dy over groups: du = S − P ΣS, dz = dy − q S of its group.
    static void Record(Workspace workspace, Tensor groups, Tensor experts, Tensor y) => workspace.Record(y, () =>
    {
        Tensor? dGroups = workspace.AddedGradient(groups), dExperts = workspace.AddedGradient(experts);
        var size = experts.Columns / groups.Columns;
        for (var t = 0; t < y.Rows; t++)
        {
            Span<float> u_G = groups.Row(t), z_E = experts.Row(t), dy_E = y.Gradient!.Row(t);
            double total = 0, all = LogSumExp(u_G);
            foreach (var d in dy_E) total += d;
            for (var g = 0; g < u_G.Length; g++)
            {
                var group = z_E.Slice(g * size, size);
                double sum = 0, inner = LogSumExp(group);
                foreach (var d in dy_E.Slice(g * size, size)) sum += d;
                if (dGroups is not null) dGroups.Row(t)[g] += (float)(sum - (Math.Exp(u_G[g] - all) * total));
                if (dExperts is null) continue;
                for (var i = 0; i < size; i++) dExperts.Row(t)[(g * size) + i] += (float)(dy_E[(g * size) + i] - (Math.Exp(group[i] - inner) * sum));
            }
        }
    });

    static double LogSumExp(ReadOnlySpan<float> values)
    {
        double most = float.NegativeInfinity, sum = 0;
        foreach (var value in values) most = Math.Max(most, value);
        foreach (var value in values) sum += Math.Exp(value - most);
        return most + Math.Log(sum);
    }
}
