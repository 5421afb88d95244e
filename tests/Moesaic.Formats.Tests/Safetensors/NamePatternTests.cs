namespace Moesaic.Formats.Tests;

public sealed class NamePatternTests
{
    [Fact]
    public void Numbers_become_ranges_and_order_is_kept()
    {
        var names = new List<string> { "model.norm.weight" };
        for (int layer = 0; layer < 3; layer++)
            foreach (int expert in (int[])[0, 1, 5])
                names.Add($"model.layers.{layer}.mlp.experts.{expert}.up_proj.weight");
        names.Add("model.layers.7.bias");
        Assert.Equal(
            ["model.norm.weight", "model.layers.{0..2}.mlp.experts.{0..1,5}.up_proj.weight (9)", "model.layers.7.bias"],
            NamePattern.Group(names));
    }

    [Fact]
    public void Only_whole_parts_count_as_numbers() =>
        Assert.Equal(["w1.x", "w2.x", "a.-1", "99999999999999999999"], NamePattern.Group(["w1.x", "w2.x", "a.-1", "99999999999999999999"]));
}
