using System.Text.Json.Nodes;
using Moesaic.Cli.Recipes;

namespace Moesaic.Cli.Tests.Recipes;

public class YamlWriterTests
{
    [Fact]
    public void Records_stand_in_blocks_and_lists_of_scalars_on_a_line() =>
        Assert.Equal("a: 1\nb:\n  c: [x, 2.5, true]\n  d:\n    - e: null\ng: {}\nh: \"12\"\n", YamlWriter.Write(new JsonObject
        {
            ["a"] = 1,
            ["b"] = new JsonObject { ["c"] = new JsonArray("x", 2.5, true), ["d"] = new JsonArray(new JsonObject { ["e"] = null }) },
            ["g"] = new JsonObject(),
            ["h"] = "12",
        }));

    // Any options at all come back as they were: random values of every type, text with every kind of awkward character.
    [Fact]
    public void Options_written_and_read_back_are_equal()
    {
        var random = new Random(11);
        for (var trial = 0; trial < 500; trial++)
        {
            var options = new SampleOptions
            {
                Experts = random.Next(2, 257),
                Method = (SampleMethod)random.Next(3),
                LearningRate = random.NextDouble(),
                Noise = (float)Math.Exp(random.NextDouble() * 160 - 80),
                Tokens = random.NextInt64(long.MinValue, long.MaxValue),
                Salt = random.Next(2) == 0 ? null : (ulong)random.NextInt64() * 2,
                Title = random.Next(4) == 0 ? null : Text(random),
                Mixture = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new SampleData { Path = Text(random) })],
                Roles = [.. Enumerable.Range(0, random.Next(3)).Select(i => (SampleMethod)i)],
                Weights = new Dictionary<string, double> { [Text(random)] = random.NextDouble() * 1e-9 },
            };
            var json = OptionsJson.Of(options)!;
            var yaml = YamlWriter.Write(json);
            var again = new OptionsBinder().Bind<SampleOptions>(YamlReader.Read(yaml, "again.yaml"));
            Assert.True(json.ToJsonString() == OptionsJson.Of(again)!.ToJsonString(), $"trial {trial}:\n{yaml}");
        }
    }

    static string Text(Random random)
    {
        string[] awkward = ["", " ", "null", "~", "true", "1e5", "-", "- a", "a: b", "#", "a #b", "'", "\"", "\\", "\n", "a\nb", "\t", "\r\n",
            "é", "日本", "😀", "*x", "&x", "!t", "%", "@", "`", "{", "}", "[", "]", ",", "?", "|", ">", "---", "...", "\u0000", "\u0085", "\u2028", "\ufeff", "yes", "0x1F", ".5"];
        return string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => awkward[random.Next(awkward.Length)]));
    }
}
