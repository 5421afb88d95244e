using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Tests.Construction;

namespace Moesaic.Methods.Tests.Evaluation;

public sealed class ThroughputTests
{
    [Fact]
    public void Measures_both_phases_and_tells_each_run()
    {
        using var model = TinyModel.Dense();
        var runs = new List<int>();
        var speed = Throughput.Measure(model, TinyModel.Tokens(20), promptTokens: 12, repeats: 3, runs.Add);
        Assert.True(speed.PrefillTokensPerSecond > 0 && speed.DecodeTokensPerSecond > 0);
        Assert.Equal((12, 8, 3), (speed.PromptTokens, speed.DecodedTokens, speed.Repeats));
        Assert.Equal([1, 2, 3], runs);
    }

    [Fact]
    public void A_prompt_that_leaves_nothing_to_decode_is_a_mistake()
    {
        using var model = TinyModel.Dense();
        Assert.Throws<ArgumentOutOfRangeException>(() => Throughput.Measure(model, TinyModel.Tokens(5), 5, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Throughput.Measure(model, TinyModel.Tokens(5), 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Throughput.Measure(model, TinyModel.Tokens(5), 2, 0));
    }
}
