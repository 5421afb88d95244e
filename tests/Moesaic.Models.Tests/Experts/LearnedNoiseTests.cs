using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public sealed class LearnedNoiseTests
{
    static readonly RouterSpec Noisy = new() { Experts = 5, Chosen = 2, Noise = RouterNoise.Learned };

    static float[] Route(int tokens, NoiseDraw? draw, int skip = 0)
    {
        var (x, weight) = (new Tensor(40, 8), new Tensor(5, 8));
        ModelInitialiser.FillNormal(x.Span, new Random(1), 1);
        ModelInitialiser.FillNormal(weight.Span, new Random(2), 1);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var router = new Router(Noisy, new LinearScore(weight), noise: new LearnedNoise(new Tensor(5, 8), layer: 3));
        var part = new Tensor(tokens, 8, x.Span.Slice(skip * 8, tokens * 8));
        return router.Route(workspace, part, new PassInput { Tokens = default, Positions = default, Segments = default, Noise = draw }, null).Weights.Span.ToArray();
    }

    [Fact]
    public void The_numbers_are_normal_and_every_coordinate_has_its_own()
    {
        var numbers = new List<double>();
        var row = new float[5];
        for (var token = 0; token < 4000; token++)
        {
            new NoiseDraw(1, 2, 3).Fill(4, token, row);
            numbers.AddRange(row.Select(v => (double)v));
        }
        Assert.Equal(0, numbers.Average(), 0.03);
        Assert.Equal(1, numbers.Average(v => v * v), 0.03);
        Assert.Equal(3, numbers.Average(v => v * v * v * v), 0.2);
        Assert.Equal(0, numbers.Zip(numbers.Skip(1), (a, b) => a * b).Average(), 0.03);

        float First(NoiseDraw draw, int layer, int token)
        {
            draw.Fill(layer, token, row);
            return row[0];
        }
        var draws = new[] { First(new(1, 0, 0), 0, 0), First(new(2, 0, 0), 0, 0), First(new(1, 1, 0), 0, 0), First(new(1, 0, 1), 0, 0), First(new(1, 0, 0), 1, 0) };
        Assert.Equal(draws.Length, draws.Distinct().Count());
        Assert.Equal(draws[3], First(new(1, 0, 0), 0, 1));
    }

    [Fact]
    public void A_step_in_several_passes_has_the_noise_of_one()
    {
        var whole = Route(40, new NoiseDraw(7, 1, 0));
        Assert.Equal(whole, (float[])[.. Route(24, new NoiseDraw(7, 1, 0)), .. Route(16, new NoiseDraw(7, 1, 24), skip: 24)]);
    }

    [Fact]
    public void Evaluation_has_no_noise()
    {
        Assert.Equal(Route(40, null), Route(40, null));
        Assert.NotEqual(Route(40, null), Route(40, new NoiseDraw(7, 1, 0)));
    }

    [Fact]
    public void Noise_beside_a_biased_selection_is_refused() =>
        Assert.Throws<Formats.BadModelException>(() => (Noisy with { SelectionBias = true }).Validate("here"));
}
