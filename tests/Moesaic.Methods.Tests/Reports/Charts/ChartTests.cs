using System.Globalization;
using System.Xml.Linq;
using Moesaic.Methods.Reports.Charts;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Reports.Charts;

public class ChartTests
{
    static ChartLine Line(string name, params double[] values) =>
        ChartLine.Of(name, [new Curve("loss", "nats", "tokens", [.. values.Select((_, i) => i * 1000.0)], values)]);

    static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    static List<XElement> All(string svg, string name) => [.. XDocument.Parse(svg).Descendants().Where(e => e.Name.LocalName == name)];

    [Theory]
    [InlineData(0, 1_500_000, 7, 0, 1_500_000, 500_000)]
    [InlineData(4.27, 4.57, 6, 4.25, 4.6, 0.05)]
    [InlineData(-3, 3, 6, -3, 3, 1)]
    [InlineData(2, 2, 5, 2, 2.2, 0.05)]
    public void An_axis_has_round_ticks_and_holds_its_range(double least, double most, int ticks, double first, double last, double step)
    {
        var axis = ChartAxis.Of(least, most, ticks);
        Assert.Equal(first, axis.Least, 9);
        Assert.Equal(last, axis.Most, 9);
        Assert.Equal(step, axis.Step, 9);
        Assert.Equal(last, axis.Ticks.Last(), 9);
    }

    [Fact]
    public void Ticks_are_short()
    {
        Assert.Equal(["0", "500 k", "1000 k", "1500 k"], new ChartAxis(0, 1_500_000, 500_000).Ticks.Select(new ChartAxis(0, 1_500_000, 500_000).Text));
        Assert.Equal("2.5 M", new ChartAxis(0, 3_000_000, 500_000).Text(2_500_000));
        Assert.Equal("4.25", new ChartAxis(4.2, 4.4, 0.05).Text(4.25));
    }

    [Fact]
    public void The_axis_leaves_out_the_start_of_a_training()
    {
        var svg = LineChart.Write("loss", "tokens", [Line("a", 9, 4.5, 4.2, 4.1, 4.0, 4.0, 4.0)]);
        Assert.DoesNotContain(All(svg, "text"), t => t.Value is "8" or "9");
        Assert.Contains(All(svg, "text"), t => t.Value is "4.5");
    }

    [Fact]
    public void Lower_losses_lie_lower_and_names_do_not_cover_one_another()
    {
        var svg = LineChart.Write("a < b", "tokens", [.. Enumerable.Range(0, 14).Select(i => Line($"system {i}", 5, 4, 4 - (0.001 * i)))]);
        var names = All(svg, "text").Where(t => t.Value.StartsWith("system", StringComparison.Ordinal)).ToList();
        Assert.Equal(14, names.Count);
        var places = names.Select(n => Number(n, "y")).ToList();
        Assert.All(places.Zip(places.Skip(1)), p => Assert.True(p.Second - p.First >= 14.9));
        Assert.Equal("system 0", names[0].Value);
        Assert.All(places, p => Assert.InRange(p, 0, 520));
        // Each line looks like no other.
        Assert.Equal(14, All(svg, "polyline").Select(l => (l.Attribute("stroke")!.Value, l.Attribute("stroke-dasharray")?.Value)).Distinct().Count());
        Assert.Contains(All(svg, "text"), t => t.Value == "a < b");
    }

    [Fact]
    public void Seeds_are_a_mean_and_a_band_at_the_places_that_all_have()
    {
        var line = ChartLine.Of("x", [new Curve("l", "", "t", [0, 1, 2], [3, 2, 1]), new Curve("l", "", "t", [0, 2], [5, 2])]);
        Assert.Equal([0, 2], line.Places);
        Assert.Equal([4, 1.5], line.Means);
        Assert.Equal([3, 1], line.Lowest);
        Assert.Equal([5, 2], line.Highest);
        Assert.Single(All(LineChart.Write("x", "t", [line]), "polygon"));
    }
}
