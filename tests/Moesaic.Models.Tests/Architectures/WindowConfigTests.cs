using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>Which layers have a sliding window, as each family's config.json says it.</summary>
public class WindowConfigTests
{
    static ModelSpec Shape(params int[] windows)
    {
        var spec = TinySpec.Of([.. windows.Select(_ => TinySpec.Dense())]);
        return spec with { Layers = [.. spec.Layers.Select((l, i) => l with { Attention = l.Attention with { Window = windows[i] } })] };
    }

    static ModelSpec With(ModelSpec spec, AttentionBias bias, HeadNorm norm) => spec with
    {
        Layers = [.. spec.Layers.Select(l => l with { Attention = l.Attention with { Bias = bias, Norm = norm } })],
    };

    static ModelSpec Fit(string type, ModelSpec spec) => type switch
    {
        "qwen2" => With(spec, AttentionBias.QueryKeyValue, HeadNorm.None),
        "qwen3" => With(spec, AttentionBias.None, HeadNorm.Head),
        _ => spec,
    };

    static ModelSpec Read(JsonObject json) => HfConfig.From(json) is var config ? ArchitectureRegistry.Of(config).ReadSpec(config) : null!;

    static JsonObject Written(string type, params int[] windows) =>
        Fit(type, Shape(windows)) is var spec ? ArchitectureRegistry.Named(type, spec).WriteConfig(spec, TensorType.F32) : null!;

    static int[] Windows(JsonObject json) => [.. Read(json).Layers.Select(l => l.Attention.Window)];

    static JsonObject Set(JsonObject json, string key, string value)
    {
        json[key] = JsonNode.Parse(value);
        return json;
    }

    [Theory]
    [InlineData("mistral", 8, 8, 8)]
    [InlineData("qwen2", 0, 8, 8)]
    [InlineData("qwen2", 8, 0, 8)]
    [InlineData("qwen3", 8, 0, 0)]
    [InlineData("moesaic", 8, 0, 16)]
    public void What_is_written_reads_back(string type, int first, int second, int third)
    {
        var json = Written(type, first, second, third);
        Assert.Equal([first, second, third], Windows(json));
        Assert.Equal(Fit(type, Shape(first, second, third)).Layers, Read(json).Layers);
    }

    [Theory]
    [InlineData("mistral", 8, 0, "a sliding window of their own")]
    [InlineData("qwen2", 8, 16, "different lengths")]
    [InlineData("llama", 8, 8, "has a sliding window")]
    public void What_a_layout_cannot_say_is_named(string type, int first, int second, string reason)
    {
        var spec = Fit(type, Shape(first, second));
        Assert.Contains(reason, Assert.Throws<BadRequestException>(() => ArchitectureRegistry.Named(type, spec)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_most_standard_layout_with_a_window_is_that_of_mistral()
    {
        Assert.Equal("mistral", ArchitectureRegistry.MostStandard(Shape(8, 8), out _).ModelType);
        Assert.Equal("moesaic", ArchitectureRegistry.MostStandard(Shape(8, 0), out _).ModelType);
    }

    [Fact]
    public void Mixtral_has_a_window_everywhere()
    {
        var spec = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture());
        var json = ArchitectureRegistry.Named("mixtral", spec).WriteConfig(spec, TensorType.F32);
        Assert.Equal([0, 0], Windows(json));
        Assert.Equal([8, 8], Windows(Set(json, "sliding_window", "8")));
        json.Remove("sliding_window");
        Assert.Equal([0, 0], Windows(json));
    }

    [Fact]
    public void Mistral_without_the_key_has_the_window_of_its_class()
    {
        var json = Set(Written("mistral", 0, 0), "max_position_embeddings", "32768");
        Assert.Equal([0, 0], Windows(json));
        json.Remove("sliding_window");
        Assert.Equal([4096, 4096], Windows(json));
    }

    [Theory]
    [InlineData("mistral", "sliding_window", "64")]
    [InlineData("mistral", "sliding_window", "4096")]
    [InlineData("qwen2", "sliding_window", "64")]
    public void A_window_as_long_as_the_context_is_none(string type, string key, string value) =>
        Assert.Equal([0, 0], Windows(Set(Written(type, 8, 8), key, value)));

    [Fact]
    public void Qwen_uses_its_window_from_a_layer_on_and_only_when_told()
    {
        var json = Written("qwen2", 0, 8, 8, 8);
        json.Remove("layer_types");
        Assert.Equal([0, 0, 8, 8], Windows(Set(json, "max_window_layers", "2")));
        Assert.Equal([0, 0, 0, 0], Windows(Set(json, "use_sliding_window", "false")));
        json.Remove("use_sliding_window");
        Assert.Equal([0, 0, 0, 0], Windows(json));
    }

    [Theory]
    [InlineData("qwen2", "use_sliding_window", "false", "layer_types names layers of sliding_attention, but use_sliding_window is not true")]
    [InlineData("qwen2", "sliding_window", "null", "but sliding_window is null")]
    [InlineData("qwen2", "sliding_window", "0", "sliding_window must be a whole number of 1 or more")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\"]", "names 1 layers of 2")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\",\"chunked_attention\"]", "\"chunked_attention\", which is not supported")]
    [InlineData("mistral", "layer_types", "[\"full_attention\",\"sliding_attention\"]", "layer_types")]
    [InlineData("mistral", "use_sliding_window", "false", "contradicts sliding_window")]
    [InlineData("moesaic", "sliding_window", "8", "this layout has no sliding windows")]
    public void What_contradicts_itself_is_refused(string type, string key, string value, string said) =>
        Assert.Contains(said, Assert.Throws<BadModelException>(() => Windows(Set(Written(type, 8, 8), key, value))).Message, StringComparison.Ordinal);
}
