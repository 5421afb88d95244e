using Moesaic.Formats;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public class RouterKeyTests
{
    [Fact]
    public void Gradients_are_those_of_differences()
    {
        Tensor x = Differences.Random(7, 3, 1), table = Differences.Random(4, 3, 2);
        var input = Passes.Packed(1, Passes.Tokens(4), Passes.Tokens(2));
        input.Tasks = new[] { 3, 3, 3, 3, 1, 1, 0 };
        Differences.Check(w => [new SequenceKey().Of(w, x, input)], x);
        Differences.Check(w => [new PrefixKey().Of(w, x, input)], x);
        Differences.Check(w => [new EmbeddedKey(RouterKey.Task, table).Of(w, x, input)], table);
    }

    [Fact]
    public void Means_are_those_of_the_sequence_and_of_what_came_before()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var x = new Tensor(5, 1, [1, 3, 5, 10, 7]);
        var input = Passes.Packed(1, Passes.Tokens(3), Passes.Tokens(1));
        Assert.Equal([3, 3, 3, 10, 7], new SequenceKey().Of(workspace, x, input).Span.ToArray());
        Assert.Equal([1, 2, 3, 10, 7], new PrefixKey().Of(workspace, x, input).Span.ToArray());
    }

    [Theory]
    [InlineData(RouterKey.Task, RouterScore.Linear)]
    [InlineData(RouterKey.Cluster, RouterScore.Linear)]
    [InlineData(RouterKey.Task, RouterScore.Table)]
    public void Tokens_of_a_task_get_the_experts_of_the_task(RouterKey key, RouterScore score)
    {
        var spec = new RouterSpec { Experts = 4, Chosen = 2, Key = key, Keys = 3, KeyWidth = score == RouterScore.Table ? 0 : 5, Score = score };
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture() with { Router = spec }));
        var counts = ParameterCounts.Of(model.Spec);
        Assert.Equal(model.Parameters.Where(p => p.Role == ParameterRole.Router).Sum(p => p.Value.Count),
            counts.Roles.Single(r => r.Role == ParameterRole.Router).Total);
        var input = Passes.Packed(0, Passes.Tokens(6), Passes.Tokens(3));
        Assert.Contains(key == RouterKey.Task ? "by task" : "by cluster",
            Assert.Throws<BadRequestException>(() => Passes.Logits(model, input)).Message, StringComparison.Ordinal);
        int[] ids = [2, 2, 2, 2, 2, 2, 0, 0, 0];
        if (key == RouterKey.Task) input.Tasks = ids;
        else input.Clusters = ids;
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var decided = Decided.Of(model.Mixtures.Single().Router.Route(workspace, Differences.Random(9, TinySpec.Width, 1), input, null));
        Assert.Single(decided.Chosen[..6].Select(c => string.Join(',', c)).Distinct());
        Assert.Single(decided.Chosen[6..].Select(c => string.Join(',', c)).Distinct());
        Assert.NotEqual(decided.Weights[0], decided.Weights[8]);
        ids[4] = 3;
        Assert.Contains("3: the router knows 3", Assert.Throws<BadRequestException>(() => Passes.Logits(model, input)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(7UL)]
    public void A_hash_depends_on_the_id_alone_and_is_balanced(ulong? seed)
    {
        const int Ids = 3000;
        var spec = new RouterSpec { Experts = 8, Chosen = 3, Key = RouterKey.TokenId, Score = RouterScore.Hash, HashSeed = seed };
        spec.Validate("here");
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var router = new Router(spec, new GivenScore()) { Key = new HashedKey(8, 3, seed) };
        var input = RouterRun.OneSequence(Ids);
        input.Tokens = Enumerable.Range(0, Ids).Select(i => i / 2).ToArray();
        input.Objectives = new BalanceObjectives(1, 1);
        var decided = Decided.Of(router.Route(workspace, new Tensor(Ids, 4), input, null));
        for (var t = 0; t < Ids; t += 2) Assert.Equal(decided.Chosen[t], decided.Chosen[t + 1]);
        Assert.All(decided.Weights.SelectMany(w => w), w => Assert.Equal(1 / 3f, w, 1e-6));
        Assert.All(decided.Load(8), l => Assert.InRange(l, 1000, 1250));
        if (seed is null) Assert.Equal([2, 3, 4], decided.Chosen[20]);      // id 10
    }
}
