using Moesaic.Formats;

namespace Moesaic.Models.Tests;

public class MixturePlacementTests
{
    [Fact]
    public void Every_layer_of_a_pattern_is_named()
    {
        Assert.Equal([0, 1, 2, 3], MixturePlacement.All.Of(4));
        Assert.Equal([1, 3, 5], MixturePlacement.Every(2, 1).Of(6));
        Assert.Equal([0, 4], MixturePlacement.Every(4).Of(7));
        Assert.Equal([1, 2, 3], MixturePlacement.Every(1, offset: 1).Of(4));
        Assert.Equal([0, 1], MixturePlacement.FirstHalf.Of(5));
        Assert.Equal([3, 4], MixturePlacement.SecondHalf.Of(5));
        Assert.Equal([2, 3], MixturePlacement.SecondHalf.Of(4));
        Assert.Equal([0, 3], MixturePlacement.At(3, 0).Of(4));
    }

    [Fact]
    public void What_names_no_layer_or_one_that_is_not_there_is_refused()
    {
        Assert.Contains("names none", Assert.Throws<BadRequestException>(() => MixturePlacement.Every(4, 3).Of(3)).Message);
        Assert.Contains("names none", Assert.Throws<BadRequestException>(() => MixturePlacement.FirstHalf.Of(1)).Message);
        Assert.Contains("layers 0 to 2", Assert.Throws<BadRequestException>(() => MixturePlacement.At(3).Of(3)).Message);
        Assert.Contains("twice", Assert.Throws<BadRequestException>(() => MixturePlacement.At(1, 1).Of(3)).Message);
        Assert.Contains("1 or more", Assert.Throws<BadRequestException>(() => MixturePlacement.Every(0).Of(3)).Message);
    }
}
