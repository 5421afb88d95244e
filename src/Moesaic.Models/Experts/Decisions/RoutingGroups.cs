using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>The tokens of a pass that compete with one another (<see cref="RoutingGroup"/>). Rows that belong to no sequence are in none.</summary>
/// <param name="Rows">Row numbers, group after group, in the order of their sequences.</param>
/// <param name="Starts">Where groups begin in <see cref="Rows"/>, and where the last one ends (or longer).</param>
/// <param name="Count">Number of groups.</param>
readonly record struct RoutingGroups(int[] Rows, int[] Starts, int Count)
{
    public ReadOnlySpan<int> this[int group] => Rows.AsSpan(Starts[group]..Starts[group + 1]);

    public static RoutingGroups Of(Workspace workspace, RoutingGroup group, int tokens, PassInput input)
    {
        var segments = input.Segments.Span;
        int[] rows = workspace.RentIndices(tokens), starts = workspace.RentIndices(segments.Length + 2);
        var count = 0;
        starts[0] = 0;
        for (var s = 0; s < segments.Length; s++)
        {
            for (var t = segments[s].QueryStart; t < segments[s].QueryStart + segments[s].QueryCount; t++) rows[count++] = t;
            starts[s + 1] = count;
        }
        if (group == RoutingGroup.Sequence) return new RoutingGroups(rows, starts, segments.Length);
        starts[1] = count;
        return new RoutingGroups(rows, starts, 1);
    }
}
