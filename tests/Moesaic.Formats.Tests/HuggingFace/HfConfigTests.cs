using System.Text.Json.Nodes;

namespace Moesaic.Formats.Tests;

public sealed class HfConfigTests
{
    static HfConfig Config(string json) => HfConfig.Parse(json, "x/config.json");

    static void Refused(string expected, Func<object?> read)
    {
        var error = Assert.Throws<BadModelException>(() => read());
        Assert.StartsWith("x/config.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_the_right_type_are_read()
    {
        var config = Config("""{"model_type":"llama","architectures":["A","B"],"i":3,"n":1e-05,"b":true,"t":"s","eos":[1,2],"bos":1,"null":null}""");
        Assert.Equal("llama", config.ModelType);
        Assert.Equal(["A", "B"], config.Architectures);
        Assert.Equal(3, config.Int("i"));
        Assert.Equal(1e-5, config.Number("n"));
        Assert.Equal(3, config.Number("i"));
        Assert.True(config.BoolOr("b", false));
        Assert.Equal("s", config.Text("t"));
        Assert.Equal([1, 2], config.Ints("eos"));
        Assert.Equal([1], config.Ints("bos"));
        Assert.False(config.Has("null"));
        Assert.Equal(5, config.IntOr("null", 5));
        Assert.Equal(2.5, config.NumberOr("none", 2.5));
        Assert.True(config.BoolOr("none", true));
        Assert.Equal("d", config.TextOr("none", "d"));
        Assert.Null(config.IntOrNull("none"));
        Assert.Null(config.Section("none"));
        Assert.Empty(config.Ints("none"));
        Assert.Empty(Config("{}").Architectures);
    }

    [Theory]
    [InlineData("\"3\"")]
    [InlineData("-1")]
    [InlineData("3.0")]
    [InlineData("2147483648")]
    [InlineData("true")]
    [InlineData("[]")]
    public void Int_of_wrong_type_or_range_is_refused(string value) => Refused($"k must be a whole number of 0 or more, not {value}", () => Config($"{{\"k\":{value}}}").Int("k"));

    [Fact]
    public void Wrong_types_ranges_and_missing_keys_are_refused()
    {
        Refused("k is missing", () => Config("{}").Int("k"));
        Refused("k is missing", () => Config("""{"k":null}""").Number("k"));
        Refused("model_type is missing", () => Config("{}").ModelType);
        Refused("k must be a whole number from 1 to 4, not 5", () => Config("""{"k":5}""").Int("k", 1, 4));
        Refused("k must be a number", () => Config("""{"k":1e999}""").Number("k"));
        Refused("k must be a number", () => Config("""{"k":"1"}""").Number("k"));
        Refused("k must be true or false, not 1", () => Config("""{"k":1}""").BoolOr("k", true));
        Refused("k must be a string", () => Config("""{"k":1}""").Text("k"));
        Refused("k must be an object", () => Config("""{"k":1}""").Section("k"));
        Refused("k must be a whole number", () => Config("""{"k":[1,"2"]}""").Ints("k"));
        Refused("architectures must hold strings", () => Config("""{"architectures":[1]}""").Architectures);
        Refused("architectures must be a list", () => Config("""{"architectures":1}""").Architectures);
        Refused("outer.k must be a whole number", () => Config("""{"outer":{"k":"x"}}""").Section("outer")!.Int("k"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":[{"b":"\udfff"}]}""")]
    [InlineData("// x\n{}")]
    public void Malformed_json_is_refused(string json) =>
        Assert.StartsWith("x/config.json", Assert.Throws<BadModelException>(() => Config(json)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"dtype":"bfloat16"}""", TensorType.BF16)]
    [InlineData("""{"torch_dtype":"float16"}""", TensorType.F16)]
    [InlineData("""{"torch_dtype":"torch.float32"}""", TensorType.F32)]
    [InlineData("""{"dtype":"float64","torch_dtype":"float64"}""", TensorType.F64)]
    [InlineData("""{"dtype":null}""", null)]
    public void Dtype_is_read_in_both_spellings(string json, TensorType? expected) => Assert.Equal(expected, Config(json).DType);

    [Fact]
    public void Dtype_unknown_or_contradictory_is_refused()
    {
        Refused("\"float8_e4m3fn\" is not supported", () => Config("""{"torch_dtype":"float8_e4m3fn"}""").DType);
        Refused("\"int8\" is not supported", () => Config("""{"dtype":"int8"}""").DType);
        Refused("torch_dtype is \"float16\"", () => Config("""{"dtype":"float32","torch_dtype":"float16"}""").DType);
    }

    [Theory]
    [InlineData("4096")]
    [InlineData("true")]
    [InlineData("\"x\"")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("-0.5")]
    public void Feature_switched_on_is_refused_by_name(string value) => Refused(
        $"sliding_window is {value}, but sliding-window attention is not supported",
        () => { Config($"{{\"sliding_window\":{value}}}").Refuse("sliding_window", "sliding-window attention is not supported"); return null; });

    [Theory]
    [InlineData("null")]
    [InlineData("false")]
    [InlineData("0")]
    [InlineData("0.0")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    public void Feature_switched_off_is_accepted(string value)
    {
        var config = Config($"{{\"k\":{value}}}");
        config.Refuse("k", "no");
        Assert.Empty(config.Finish("k"));
    }

    [Fact]
    public void Finish_refuses_what_changes_the_maths_and_returns_the_rest()
    {
        var config = Config("""{"a":1,"b":2,"use_cache":true,"c":null,"logit_scale":0.5}""");
        config.Int("a");
        config.Accept("b");
        Refused("logit_scale is 0.5", () => config.Finish("logit_scale"));
        Assert.Equal(["use_cache"], config.Finish());
        Refused("quantization_config", () => Config("""{"quantization_config":{"bits":4}}""").Finish());
    }

    [Fact]
    public void With_changes_a_copy_and_keeps_unknown_keys()
    {
        var config = Config("""{"a":1,"rms_norm_eps":1e-05,"unknown":{"x":[1]}}""");
        var changed = config.With(json => { json["a"] = 2; json.Remove("none"); });
        Assert.Equal(1, config.Int("a"));
        Assert.Equal(2, changed.Int("a"));
        Assert.Equal("""{"a":2,"rms_norm_eps":1e-05,"unknown":{"x":[1]}}""", changed.ToJson().ToJsonString());
        Assert.Equal("x/config.json", changed.Source);
        Assert.Equal(7, HfConfig.From(new JsonObject { ["k"] = 7 }).Int("k"));
    }

    [Fact]
    public void File_is_read_with_or_without_a_mark_and_named_in_errors()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["config.json"], [0xEF, 0xBB, 0xBF, .. """{"k":"x"}"""u8]);
        var error = Assert.Throws<BadModelException>(() => HfConfig.Load(folder["config.json"]).Int("k"));
        Assert.StartsWith(folder["config.json"], error.Message, StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => HfConfig.Load(folder["none.json"]));
        Assert.Throws<BadModelException>(() => HfConfig.Load(folder.Path));
    }
}
