using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary><see cref="RouterKey.Task"/> and <see cref="RouterKey.Cluster"/>: a learned row each.</summary>
/// <param name="kind">Which of the two.</param>
/// <param name="table">[tasks or clusters, width of the key].</param>
sealed class EmbeddedKey(RouterKey kind, WeightMatrix table) : IRouterKey
{
    public Tensor Of(Workspace workspace, Tensor x, PassInput input)
    {
        var (ids, name) = kind == RouterKey.Task ? (input.Tasks, "task") : (input.Clusters, "cluster");
        if (ids.Length != x.Rows)
            throw new BadRequestException($"A router decides by {name}: every token needs the number of its {name}, and {ids.Length} of {x.Rows} have one.");
        foreach (var id in ids.Span)
            if ((uint)id >= (uint)table.Rows)
                throw new BadRequestException($"There is no {name} {id}: the router knows {table.Rows}, numbered from 0.");
        return workspace.Embed(table, ids);
    }
}
