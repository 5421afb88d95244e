using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>
/// Multi-head latent attention, see <see cref="LatentSpec"/>. Keys and values are made whole for every head, so that the
/// same attention serves all models; a cache that keeps only the latent would be smaller.
/// </summary>
sealed class LatentProjections : IHeadProjections
{
    readonly AttentionSpec spec;
    readonly LatentSpec latent;
    readonly RotaryTable rotary;
    readonly WeightMatrix q, keyValueDown, keyValueUp;
    readonly WeightMatrix? queryDown;
    readonly Tensor? queryNorm;
    readonly Tensor keyValueNorm;

    public LatentProjections(string prefix, ModelSpec model, AttentionSpec spec, RotaryTable rotary, ParameterFactory make)
    {
        (this.spec, latent, this.rotary) = (spec, spec.Latent!, rotary);
        int queries = spec.QueryHeads * spec.HeadDim, plain = spec.HeadDim - latent.RotaryDim;
        if (latent.QueryRank == 0) q = Matrix("q_proj", queries, model.Width);
        else
        {
            queryDown = Matrix("q_a_proj", latent.QueryRank, model.Width);
            queryNorm = Norm("q_a_layernorm", latent.QueryRank);
            q = Matrix("q_b_proj", queries, latent.QueryRank);
        }
        keyValueDown = Matrix("kv_a_proj_with_mqa", latent.Rank + latent.RotaryDim, model.Width);
        keyValueNorm = Norm("kv_a_layernorm", latent.Rank);
        keyValueUp = Matrix("kv_b_proj", spec.QueryHeads * (plain + latent.ValueDim), latent.Rank);

        WeightMatrix Matrix(string name, int rows, int columns) =>
            make.Matrix($"{prefix}.{name}.weight", ParameterRole.Attention, rows, columns);
        Tensor Norm(string name, int count) => make.Vector($"{prefix}.{name}.weight", ParameterRole.Norms, count);
    }

    public (Tensor Queries, Tensor Keys, Tensor Values) Forward(Workspace workspace, Tensor x, ReadOnlyMemory<int> positions)
    {
        int heads = spec.QueryHeads, turned = latent.RotaryDim, plain = spec.HeadDim - turned;
        var wide = latent.Rank + turned;
        var source = queryDown is null ? x
            : workspace.RmsNorm(workspace.Linear(x, queryDown), queryNorm!, latent.NormEpsilon);
        var queries = workspace.Linear(source, q);
        var narrow = workspace.Linear(x, keyValueDown);

        var queryTurned = workspace.JoinHeads(heads, turned, new(queries, spec.HeadDim, plain, turned, latent.NeighbouringPairs));
        var keyTurned = workspace.JoinHeads(1, turned, new(narrow, wide, latent.Rank, turned, latent.NeighbouringPairs));
        var (cos, sin) = rotary.Angles;
        workspace.RotateInPlace(queryTurned, turned, positions, cos, sin);
        workspace.RotateInPlace(keyTurned, turned, positions, cos, sin);

        var normed = workspace.RmsNorm(workspace.JoinHeads(1, latent.Rank, new(narrow, wide, 0, latent.Rank)), keyValueNorm, latent.NormEpsilon);
        var both = workspace.Linear(normed, keyValueUp);
        var width = plain + latent.ValueDim;
        return (
            workspace.JoinHeads(heads, spec.PaddedDim, new(queries, spec.HeadDim, 0, plain), new(queryTurned, turned, 0, turned)),
            workspace.JoinHeads(heads, spec.PaddedDim, new(both, width, 0, plain), new(keyTurned, turned, 0, turned)),
            workspace.JoinHeads(heads, spec.PaddedDim, new(both, width, plain, latent.ValueDim)));
    }
}
