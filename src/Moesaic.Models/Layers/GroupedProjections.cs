using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Grouped-query attention: one projection each, norms of queries and keys where the shape has them, rotary positions.</summary>
sealed class GroupedProjections : IHeadProjections
{
    readonly int headDim;
    readonly float epsilon;
    readonly RotaryTable rotary;
    readonly WeightMatrix q, k, v;
    readonly Tensor? qBias, kBias, vBias, qNorm, kNorm;

    public GroupedProjections(string prefix, ModelSpec model, AttentionSpec spec, RotaryTable rotary, ParameterFactory make)
    {
        (headDim, epsilon, this.rotary) = (spec.HeadDim, model.NormEpsilon, rotary);
        int queries = spec.QueryHeads * headDim, keys = spec.KeyValueHeads * headDim;
        (q, qBias) = (Projection("q", queries), Bias("q", queries));
        (k, kBias) = (Projection("k", keys), Bias("k", keys));
        (v, vBias) = (Projection("v", keys), Bias("v", keys));
        (qNorm, kNorm) = (Norm("q", queries), Norm("k", keys));

        WeightMatrix Projection(string name, int rows) =>
            make.Matrix($"{prefix}.{name}_proj.weight", ParameterRole.Attention, rows, model.Width);
        Tensor? Bias(string name, int count) =>
            spec.Bias == AttentionBias.None ? null : make.Vector($"{prefix}.{name}_proj.bias", ParameterRole.Attention, count);
        Tensor? Norm(string name, int all) => spec.Norm == HeadNorm.None ? null
            : make.Vector($"{prefix}.{name}_norm.weight", ParameterRole.Norms, spec.Norm == HeadNorm.Head ? headDim : all);
    }

    public (Tensor Queries, Tensor Keys, Tensor Values) Forward(Workspace workspace, Tensor x, ReadOnlyMemory<int> positions)
    {
        var (queries, keys, values) = workspace.Linear(x, (q, qBias), (k, kBias), (v, vBias));
        if (qNorm is not null) queries = workspace.RmsNorm(queries, qNorm, epsilon);
        if (kNorm is not null) keys = workspace.RmsNorm(keys, kNorm, epsilon);
        var (cos, sin) = rotary.Angles;
        workspace.RotateInPlace(queries, headDim, positions, cos, sin);
        workspace.RotateInPlace(keys, headDim, positions, cos, sin);
        return (queries, keys, values);
    }
}
