namespace Moesaic.Formats.Tests;

public sealed class HfConfigFuzzTests
{
    [Fact]
    public void Mutated_config_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] first = """{"model_type":"llama","architectures":["LlamaForCausalLM"],"hidden_size":64,"rms_norm_eps":1e-05,"tie_word_embeddings":true,"eos_token_id":[1,2],"torch_dtype":"bfloat16","rope_theta":5e5,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192}}"""u8.ToArray();
        byte[] second = """{"dtype":"float32","rope_parameters":{"rope_type":"linear","factor":2,"rope_theta":10000.0},"sliding_window":null,"x":"\u00e9\n"}"""u8.ToArray();
        int accepted = 0;
        Fuzz.Run([first, second], folder["config.json"], path =>
        {
            var config = HfConfig.Load(path);
            Assert.InRange(config.IntOr("hidden_size", 0), 0, int.MaxValue);
            Assert.True(double.IsFinite(config.NumberOr("rms_norm_eps", 0)));
            config.Rope();
            _ = (config.DType, config.Architectures, config.TextOrNull("model_type"), config.Ints("eos_token_id"), config.BoolOr("tie_word_embeddings", false));
            config.Refuse("sliding_window", "no");
            config.Finish("x");
            config.ToJson().ToJsonString();
            accepted++;
        });
        Assert.True(accepted > 0, "no mutant was accepted");
    }
}
