using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests;

public class TaskNamesTests
{
    static ModelSpec Spec(int keys, params string[] names)
    {
        var router = new RouterSpec { Experts = 4, Chosen = 2, Key = keys > 0 ? RouterKey.Task : RouterKey.Token, Keys = keys, KeyWidth = keys > 0 ? 3 : 0 };
        return new ModelSpec
        {
            VocabularySize = 8, Width = 8, MaxPositions = 16, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
            Layers = [new(new AttentionSpec(2, 1, 4), new MixtureSpec(router, [4, 4, 4, 4]))], Tasks = names,
        };
    }

    [Fact]
    public void They_are_in_the_checkpoint()
    {
        var layout = ArchitectureRegistry.MostStandard(Spec(2, "code", "prose"), out _);
        Assert.Equal("moesaic", layout.ModelType);
        var read = layout.ReadSpec(HfConfig.From(layout.WriteConfig(Spec(2, "code", "prose"), TensorType.F32)));
        Assert.Equal(["code", "prose"], read.Tasks);
        Assert.Equal(RouterKey.Task, ((MixtureSpec)read.Layers[0].FeedForward).Router.Key);
    }

    [Theory]
    [InlineData(0, "code", "prose")]
    [InlineData(2, "code")]
    [InlineData(2, "code", "code")]
    [InlineData(2, "code", " ")]
    public void Others_than_the_routers_count_are_refused(int keys, params string[] names) =>
        Assert.Throws<BadModelException>(() => TaskNames.Check(Spec(keys, names), "config.json"));

    [Fact]
    public void A_task_is_found_by_its_name_and_none_is_needed_where_there_are_none()
    {
        Assert.Equal(1, TaskNames.Find(["code", "prose"], "prose", "data"));
        Assert.Equal(-1, TaskNames.Find([], null, "data"));
    }
}
