using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Construction.Creation;

public class MixtureShapeTests
{
    static readonly RouterSpec Router = new() { Experts = 16, Chosen = 2 };

    static ModelSpec Dense()
    {
        using var model = TinyModel.Dense(inner: 48, layers: 4);
        return model.Spec;
    }

    static int[] Mixtures(MixtureOptions options) => [.. MixtureShape.Of(Dense(), options).MixtureLayers];

    [Theory]
    [InlineData(2, 0, null, 24, 0)]
    [InlineData(2, 1, null, 16, 16)]
    [InlineData(4, 2, null, 8, 16)]
    [InlineData(2, 0, 16, 16, 16)]
    public void A_token_uses_as_many_neurons_as_in_the_dense_layer(int chosen, int shared, int? sharedWidth, int width, int together)
    {
        var dense = Dense();
        var shape = MixtureShape.Of(dense, new() { Router = Router with { Chosen = chosen }, Shared = shared, SharedWidth = sharedWidth });
        var mixture = Assert.IsType<MixtureSpec>(shape.Layers[3].FeedForward);
        Assert.Equal((16, width, together), (mixture.ExpertWidths.Count, mixture.UniformWidth, mixture.SharedWidth));
        // The routers are all that is more.
        Assert.Equal(ParameterCounts.Of(dense).Active + (4L * 16 * dense.Width), ParameterCounts.Of(shape).Active);
    }

    [Fact]
    public void Widths_can_be_given()
    {
        Assert.Equal(5, MixtureShape.Width(48, new() { Router = Router, Width = 5 }));
        Assert.Equal(10, MixtureShape.Width(48, new() { Router = Router, ActiveWidth = 20 }));
        var refused = Assert.Throws<BadRequestException>(() => MixtureShape.Width(48, new() { Router = Router with { Chosen = 5 } }));
        Assert.Contains("48 cannot be divided among the 5 experts", refused.Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => MixtureShape.Width(48, new() { Router = Router, SharedWidth = 48 }));
    }

    [Fact]
    public void Mixtures_lie_where_they_are_asked_for()
    {
        Assert.Equal([0, 1, 2, 3], Mixtures(new() { Router = Router }));
        Assert.Equal([1, 3], Mixtures(new() { Router = Router, Every = 2, Offset = 1 }));
        Assert.Equal([1, 2, 3], Mixtures(new() { Router = Router, Offset = 1 }));
        Assert.Equal([2, 3], Mixtures(new() { Router = Router, Half = LayerHalf.Second }));
        Assert.Equal([0, 3], Mixtures(new() { Router = Router, Layers = [3, 0] }));
        Assert.Throws<BadRequestException>(() => Mixtures(new() { Router = Router, Layers = [4] }));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Contains("mixture.router", Assert.Throws<BadRequestException>(() =>
            MixtureShape.Of(Dense(), new() { Router = Router with { Chosen = 17 } })).Message, StringComparison.Ordinal);
        var mixed = MixtureShape.Of(Dense(), new() { Router = Router });
        Assert.Contains("layer 0", Assert.Throws<BadRequestException>(() => MixtureShape.Of(mixed, new() { Router = Router })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_exclude_one_another_are_named()
    {
        Assert.Single(Problems(new() { Router = Router, Width = 8, ActiveWidth = 16 }));
        Assert.Single(Problems(new() { Router = Router, Shared = 1, SharedWidth = 16 }));
        Assert.Single(Problems(new() { Router = Router, SharedGate = SharedGate.Sigmoid }));
        Assert.Single(Problems(new() { Router = Router, Every = 2, Half = LayerHalf.First }));
        Assert.Empty(Problems(new() { Router = Router, Shared = 1, SharedGate = SharedGate.Sigmoid, Every = 2, Offset = 1 }));

        static IEnumerable<ValidationResult> Problems(MixtureOptions options) => options.Validate(new ValidationContext(options));
    }
}
