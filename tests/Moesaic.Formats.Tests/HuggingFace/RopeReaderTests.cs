using System.Text.Json.Nodes;

namespace Moesaic.Formats.Tests;

public sealed class RopeReaderTests
{
    const string Llama3 = "\"factor\":8.0,\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192";

    static readonly RopeConfig Llama31 = new(500_000, RopeScaling.Llama3, 8, 1, 4, 8192);

    static RopeConfig Read(string json)
    {
        var config = HfConfig.Parse(json);
        var rope = config.Rope();
        Assert.Empty(config.Unread);
        return rope;
    }

    [Fact]
    public void Absent_and_default_mean_no_scaling()
    {
        Assert.Equal(new RopeConfig(10_000), Read("{}"));
        Assert.Equal(new RopeConfig(1e6), HfConfig.Parse("{}").Rope(1e6));
        Assert.Equal(new RopeConfig(5e5), Read("""{"rope_theta":500000,"rope_scaling":null}"""));
        Assert.Equal(new RopeConfig(5e5), Read("""{"rope_parameters":{"rope_theta":500000.0,"rope_type":"default"}}"""));
        Assert.Equal(new RopeConfig(5e5), Read("""{"rope_parameters":{"rope_theta":500000.0}}"""));
        Assert.Equal(new RopeConfig(10_000), Read("""{"rope_scaling":{"type":"default","factor":1.0}}"""));
    }

    [Fact]
    public void Linear_is_read_in_every_spelling()
    {
        var expected = new RopeConfig(10_000, RopeScaling.Linear, 4);
        Assert.Equal(expected, Read("""{"rope_scaling":{"type":"linear","factor":4.0}}"""));
        Assert.Equal(expected, Read("""{"rope_scaling":{"rope_type":"linear","factor":4}}"""));
        Assert.Equal(expected, Read("""{"rope_scaling":{"rope_type":"linear","type":"linear","factor":4}}"""));
        Assert.Equal(expected, Read("""{"rope_parameters":{"rope_type":"linear","factor":4,"rope_theta":10000}}"""));
    }

    [Fact]
    public void Llama3_is_read_from_both_places()
    {
        Assert.Equal(Llama31, Read($$"""{"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3",{{Llama3}} } }"""));
        Assert.Equal(Llama31, Read($$"""{"rope_parameters":{"rope_theta":500000.0,"rope_type":"llama3",{{Llama3}} } }"""));
    }

    [Fact]
    public void Yarn_is_read_with_its_defaults_and_with_deepseeks_keys()
    {
        Assert.Equal(new RopeConfig(10_000, RopeScaling.Yarn, 4, OriginalContext: 32768),
            Read("""{"rope_scaling":{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":32768}}"""));
        Assert.Equal(new RopeConfig(10_000, RopeScaling.Yarn, 4, OriginalContext: 64),
            Read("""{"max_position_embeddings":64,"rope_scaling":{"type":"yarn","factor":4}}"""));
        Assert.Equal(new RopeConfig(10_000, RopeScaling.Yarn, 40, OriginalContext: 4096) { BetaFast = 16, BetaSlow = 2, MScale = 0.707, MScaleAllDim = 0.5 },
            Read("""{"rope_scaling":{"type":"yarn","factor":40,"original_max_position_embeddings":4096,"beta_fast":16,"beta_slow":2,"mscale":0.707,"mscale_all_dim":0.5}}"""));
    }

    [Theory]
    [InlineData("""{"rope_scaling":{"type":"yarn","factor":4}}""", "max_position_embeddings is missing")]
    [InlineData("""{"rope_scaling":{"type":"yarn","factor":4,"original_max_position_embeddings":32,"mscale":0.7}}""", "mscale_all_dim")]
    [InlineData("""{"rope_scaling":{"type":"yarn","factor":4,"original_max_position_embeddings":32,"beta_fast":1,"beta_slow":2}}""", "beta_fast")]
    [InlineData("""{"rope_scaling":{"type":"yarn","factor":4,"original_max_position_embeddings":32,"attention_factor":0}}""", "attention_factor")]
    [InlineData("""{"rope_scaling":{"type":"yarn","factor":4,"original_max_position_embeddings":32,"finetuned":true}}""", "finetuned")]
    [InlineData("""{"rope_scaling":{"type":"dynamic","factor":4}}""", "\"dynamic\"")]
    [InlineData("""{"rope_scaling":{"rope_type":"longrope","short_factor":[1],"long_factor":[1]}}""", "\"longrope\"")]
    [InlineData("""{"rope_parameters":{"rope_type":"su"}}""", "\"su\"")]
    [InlineData("""{"rope_scaling":{"factor":4}}""", "neither rope_type nor type")]
    [InlineData("""{"rope_scaling":{"type":"linear"}}""", "rope_scaling.factor is missing")]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":0.5}}""", "rope_scaling.factor must be 1 or more")]
    [InlineData("""{"rope_scaling":{"type":"linear","rope_type":"llama3","factor":2}}""", "rope_type \"llama3\" but type \"linear\"")]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":2,"attention_factor":1.2}}""", "rope_scaling.attention_factor is not supported")]
    [InlineData("""{"rope_scaling":{"rope_type":"default","mrope_section":[1,2]}}""", "mrope_section")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":1}}""", "high_freq_factor")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}}""", "original_max_position_embeddings is missing")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":0}}""", "whole number of 1")]
    [InlineData("""{"rope_scaling":"linear"}""", "must be an object")]
    [InlineData("""{"rope_theta":0}""", "above 0")]
    [InlineData("""{"rope_theta":10000,"rope_parameters":{"rope_theta":500000}}""", "elsewhere it is 10000")]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":2},"rope_parameters":{"rope_type":"linear","factor":3}}""", "contradicts")]
    [InlineData("""{"rope_parameters":{"full_attention":{"rope_theta":1e6},"sliding_attention":{"rope_theta":1e4}}}""", "different kinds of layers")]
    [InlineData("""{"partial_rotary_factor":0.5}""", "partial_rotary_factor")]
    [InlineData("""{"rope_parameters":{"rope_theta":1,"partial_rotary_factor":0.5}}""", "partial_rotary_factor")]
    public void What_cannot_be_honoured_is_refused_by_name(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<BadModelException>(() => HfConfig.Parse(json).Rope()).Message, StringComparison.Ordinal);

    [Fact]
    public void Written_in_both_places_it_reads_back_the_same()
    {
        foreach (var rope in (RopeConfig[])[new(10_000), new(1e6, RopeScaling.Linear, 2.5), Llama31,
            new(1e6, RopeScaling.Yarn, 4, OriginalContext: 32) { BetaFast = 8, MScale = 1, MScaleAllDim = 0.5, Truncate = false, AttentionFactor = 1.5 }])
        {
            var json = new JsonObject();
            HfConfigSpelling.SetRope(json, rope);
            Assert.Equal(rope, Read(json.ToJsonString()));
            foreach (string[] dropped in (string[][])[["rope_parameters"], ["rope_theta", "rope_scaling"]])
            {
                var half = (JsonObject)json.DeepClone();
                foreach (string key in dropped) half.Remove(key);
                Assert.Equal(rope, Read(half.ToJsonString()));
            }
        }
    }

    [Fact]
    public void Numbers_are_written_as_floats()
    {
        var json = new JsonObject();
        HfConfigSpelling.SetRope(json, new RopeConfig(1e6, RopeScaling.Linear, 2));
        Assert.Equal(
            """{"rope_theta":1000000.0,"rope_scaling":{"rope_type":"linear","factor":2.0,"type":"linear"},"rope_parameters":{"rope_type":"linear","factor":2.0,"type":"linear","rope_theta":1000000.0}}""",
            json.ToJsonString());
    }

    [Fact]
    public void Dtype_is_written_in_both_spellings()
    {
        var json = new JsonObject();
        HfConfigSpelling.SetDType(json, TensorType.BF16);
        Assert.Equal("""{"dtype":"bfloat16","torch_dtype":"bfloat16"}""", json.ToJsonString());
    }
}
