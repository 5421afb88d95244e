namespace Moesaic.Inference.Tests;

public class LogProbabilitiesTests
{
    [Fact]
    public void Are_those_of_the_unmodified_distribution()
    {
        // e^z = 8, 4, 4, 0, 16: probabilities 1/4, 1/8, 1/8, 0, 1/2.
        float[] logits = [MathF.Log(8), MathF.Log(4), MathF.Log(4), float.NegativeInfinity, MathF.Log(16)];
        var top = new TokenLogProbability[4];
        var computed = new LogProbabilities(5);
        Assert.Equal(Math.Log(0.125), computed.Of(logits, 2, top), 1e-6);
        Assert.Equal([4, 0, 1, 2], top.Select(t => t.Id));
        foreach (var (entry, p) in top.Zip([0.5, 0.25, 0.125, 0.125])) Assert.Equal(Math.Log(p), entry.LogProbability, 1e-6);
        Assert.Equal(float.NegativeInfinity, computed.Of(logits, 3, []));
    }

    [Fact]
    public void Sum_to_one_for_logits_of_any_size()
    {
        var random = new Random(4);
        foreach (var scale in new[] { 1e-3, 1, 30, 3000 })
        {
            var logits = Enumerable.Range(0, 300).Select(_ => (float)((random.NextDouble() - 0.5) * scale)).ToArray();
            var top = new TokenLogProbability[300];
            new LogProbabilities(300).Of(logits, 0, top);
            Assert.Equal(1, top.Sum(t => Math.Exp(t.LogProbability)), 1e-4);
            Assert.Equal(top.OrderByDescending(t => t.LogProbability).Select(t => t.Id), top.Select(t => t.Id));
        }
    }
}
