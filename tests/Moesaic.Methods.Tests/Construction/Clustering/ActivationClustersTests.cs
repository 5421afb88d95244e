using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class ActivationClustersTests
{
    [Fact]
    public void The_loudest_of_each_token_are_marked()
    {
        var markers = new ActivationMarkers(5, 2);
        using var activity = new Tensor(4, 5, [0, -3, 1, 2, 0, /**/ 1, 1, 1, 1, 1, /**/ 9, 9, 9, 9, 9, /**/ 0, 0, 0, 4, 0]);
        markers.Add(activity, [true, true, false, true]);
        Assert.Equal(3, markers.Tokens);
        Assert.Equal([[1], [0, 1], [], [0, 2], []], markers.Columns());      // ties to the lowest; silence is not activity
        Assert.Equal([1, 2, 0, 2, 0], markers.Counts());
    }

    // Neurons 0 and 1 fire always; of the others, group g fires for the tokens t with t % 3 == g, some neurons less often.
    static ActivationMarkers Groups()
    {
        var markers = new ActivationMarkers(14, 6);
        var random = new Random(2);
        using var activity = new Tensor(90, 14);
        for (var t = 0; t < 90; t++)
            for (var j = 0; j < 14; j++)
                activity.Row(t)[j] = j < 2 || (j % 3 == t % 3 && random.NextDouble() < 0.9) ? -1 - (float)random.NextDouble() : 0;
        markers.Add(activity, []);
        return markers;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Who_always_fires_is_shared_and_groups_become_experts(int iterations)
    {
        // Parts of 2: one is shared, six are routed.
        var sizes = PartSizes.Of(14, 6, 1, PaddingRule.Refuse, 0);
        var found = ActivationClusters.Divide(Groups(), sizes, new ActivationClusterOptions { Iterations = iterations });
        Assert.Equal([0, 1], found.Shared.Order());
        Assert.Equal([-1, -1], found.Labels[..2]);
        Assert.All(found.Labels[2..].CountBy(l => l), c => Assert.Equal(2, c.Value));
        for (var e = 0; e < 6; e++)
        {
            var members = Enumerable.Range(0, 14).Where(j => found.Labels[j] == e).ToArray();
            Assert.Contains(found.Representatives[e], members);
        }
    }

    [Fact]
    public void With_an_expert_per_group_each_group_is_one()
    {
        var markers = new ActivationMarkers(12, 4);
        using var activity = new Tensor(60, 12);
        for (var t = 0; t < 60; t++)
            for (var j = 0; j < 12; j++) activity.Row(t)[j] = j % 3 == t % 3 && (t / 3) % 4 != j / 3 ? 1 + (0.01f * j) : 0;
        markers.Add(activity, []);
        var found = ActivationClusters.Divide(markers, PartSizes.Of(12, 3, 0, PaddingRule.Refuse, 0), new ActivationClusterOptions { Iterations = 20 });
        Assert.Empty(found.Shared);
        Assert.All(found.Labels.CountBy(l => l), c => Assert.Equal(4, c.Value));
        Assert.All(found.Representatives.Select((j, e) => (j, e)), r => Assert.Equal(r.e, found.Labels[r.j]));
    }

    /// <summary>|m − c| by the marks alone is |m − c| by all tokens: the assignment is the cheapest there is for them.</summary>
    [Fact]
    public void The_first_assignment_is_the_cheapest_for_the_first_centroids()
    {
        var markers = Groups();
        var sizes = PartSizes.Of(14, 6, 1, PaddingRule.Refuse, 0);
        var found = ActivationClusters.Divide(markers, sizes, new ActivationClusterOptions());
        var columns = markers.Columns();
        int[] rest = [.. Enumerable.Range(0, 14).Except(found.Shared).OrderByDescending(j => columns[j].Length)];
        var centroids = rest[..6];
        int[] free = [.. rest.Order()];
        var costs = free.SelectMany(j => centroids.Select(c => (float)columns[j].Except(columns[c]).Concat(columns[c].Except(columns[j])).Count())).ToArray();
        var expected = CapacityAssignment.Solve(costs, 6, 2, 2);
        Assert.Equal(expected, free.Select(j => found.Labels[j]));
    }

    [Fact]
    public void Padding_and_more_marks_than_neurons_are_allowed()
    {
        var markers = new ActivationMarkers(5, 9);
        using var activity = new Tensor(2, 5, [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]);
        markers.Add(activity, []);
        var sizes = PartSizes.Of(5, 3, 0, PaddingRule.Zeros, 0);
        var found = ActivationClusters.Divide(markers, sizes, new ActivationClusterOptions());
        var split = LabelledSplit.Of(0, sizes, found.Shared, found.Labels);
        Assert.All(split.Experts, e => Assert.Equal(2, e.Length));
        Assert.Equal(Enumerable.Range(0, 6), split.Experts.SelectMany(e => e).Order());
    }
}
