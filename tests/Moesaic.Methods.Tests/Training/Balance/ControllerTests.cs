using Moesaic.Methods.Training.Balance;

namespace Moesaic.Methods.Tests.Training.Balance;

/// <summary>One step of each controller, by hand.</summary>
public class ControllerTests
{
    [Fact]
    public void A_bias_falls_where_the_load_is_above_the_mean()
    {
        float[] bias = [0, 0, 0, 0.5f];
        SelectionBiasControl.Move(bias, [10, 2, 2, 2], 1e-3f);
        Assert.Equal([-1e-3f, 1e-3f, 1e-3f, 0.501f], bias);
        SelectionBiasControl.Move(bias, [4, 4, 4, 4], 1e-3f);
        Assert.Equal([-1e-3f, 1e-3f, 1e-3f, 0.501f], bias);
    }

    [Fact]
    public void Lambda_rises_while_too_many_experts_are_active()
    {
        // Of 4 experts 1 is wanted, a sparsity of 0.75; 2 are active, 0.5.
        Assert.Equal(1.2e-8f, SparsityControl.Next(1e-8f, 200, 100, 1.2f), 1e-15f);
        Assert.Equal(1e-8f, SparsityControl.Next(1.2e-8f, 99, 100, 1.2f), 1e-15f);
        Assert.Equal(1e-8f, SparsityControl.Next(1e-8f, 100, 100, 1.2f));
    }

    [Fact]
    public void The_coefficient_of_a_layer_follows_its_overload()
    {
        // 10 of a mean of 4: 6 of 16 slots are too many for one mean load, 2 for two.
        Assert.Equal(6.0 / 16, AdaptiveControl.Overload([10, 2, 2, 2], 1), 1e-12);
        Assert.Equal(2.0 / 16, AdaptiveControl.Overload([10, 2, 2, 2], 2), 1e-12);
        Assert.Equal(0, AdaptiveControl.Overload([4, 4, 4, 4], 1));
        Assert.Equal(0, AdaptiveControl.Overload([0, 0], 1));
        var options = new AdaptiveOptions();
        Assert.Equal((0.99f * 0.005f) + (0.01f * 0.01f), AdaptiveControl.Next(0.005f, 0.375, options), 1e-9f);
        Assert.Equal((0.99f * 0.005f) + (0.01f * 0.2f * 0.02f), AdaptiveControl.Next(0.005f, 0.02, options), 1e-9f);
        Assert.Equal(0.99f * 0.005f, AdaptiveControl.Next(0.005f, 0, options), 1e-9f);
    }
}
