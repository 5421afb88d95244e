using Moesaic.Formats;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Tests.Construction;

namespace Moesaic.Methods.Tests.Evaluation;

public sealed class BenchmarkTests
{
    [Fact]
    public void Every_test_is_timed_as_often_as_asked_and_in_order()
    {
        using var model = TinyModel.Dense();
        BenchmarkTest[] tests = [new(Decodes: false, 12, 0), new(Decodes: true, 5, 8)];
        var results = Benchmark.Run(model, tests, repeats: 3, SilentProgress.Instance, CancellationToken.None);
        Assert.Equal(tests, results.Select(r => r.Test));
        Assert.All(results, r => Assert.Equal(3, r.Speeds.Count));
        Assert.All(results, r => Assert.All(r.Speeds, s => Assert.True(s > 0)));
        Assert.Equal(["pp12", "tg5 @ d8"], tests.Select(t => t.ToString()));
    }

    [Fact]
    public void More_tokens_than_the_context_holds_are_refused()
    {
        using var model = TinyModel.Dense();
        BenchmarkTest[] tests = [new(Decodes: false, model.Spec.MaxPositions, 1)];
        Assert.Throws<BadRequestException>(() => Benchmark.Run(model, tests, 1, SilentProgress.Instance, CancellationToken.None));
    }

    [Fact]
    public void Mean_deviation_and_best_are_those_of_the_repeats()
    {
        var result = new BenchmarkResult(new(Decodes: true, 1, 0), [1, 2, 6]);
        Assert.Equal((3, 6), (result.Mean, result.Best));
        Assert.Equal(Math.Sqrt(7), result.Deviation, 12);
        Assert.Equal(0, new BenchmarkResult(result.Test, [4]).Deviation);
    }

    [Fact]
    public void A_roofline_counts_the_chosen_experts_and_the_head_and_no_embedding()
    {
        using var model = TinyModel.Dense();
        var spec = model.Spec;
        var matrices = model.Parameters.Where(p => !p.IsVector).ToList();
        double head = model.Head.Bytes, embedding = matrices[0].Matrix.Bytes;
        var all = matrices.Sum(p => (double)p.Matrix.Bytes);
        var roofline = Roofline.Of(model);
        Assert.Equal(spec.TiedEmbeddings ? all : all - embedding, roofline.WeightBytes);
        Assert.Equal(2 * (roofline.WeightBytes - head) / sizeof(float), roofline.Flops);
        Assert.Equal(0.5, roofline.BandwidthShare(10, new Ceilings(20 * roofline.WeightBytes, 1)));
        Assert.Equal(0.25, roofline.ArithmeticShare(1, 0, new Ceilings(1, 4 * roofline.Flops)));
    }
}
