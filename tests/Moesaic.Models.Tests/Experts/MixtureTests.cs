using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>Router, dispatch and experts together, against a loop over tokens.</summary>
public class MixtureTests
{
    public static TheoryData<int, CombineWeight, float, int, bool> Settings => new()
    {
        { 1, CombineWeight.Raw, 1, 0, false },
        { 1, CombineWeight.Renormalised, 1, 8, false },
        { 2, CombineWeight.Renormalised, 2.5f, 0, true },
        { 3, CombineWeight.Raw, 1, 8, true },
        { 4, CombineWeight.Renormalised, 4, 0, false },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Every_token_gets_the_weighted_sum_of_its_experts(int chosen, CombineWeight weight, float scale, int shared, bool uneven)
    {
        var spec = TinySpec.Mixture(4, chosen, 12, shared, weight, scale: scale);
        if (uneven) spec = spec with { ExpertWidths = [4, 9, 12, 20] };
        using var model = TinySpec.Model(TinySpec.Of(spec));
        var mixture = model.Mixtures.Single();
        var x = new Tensor(9, TinySpec.Width);
        ModelInitialiser.FillNormal(x.Span, new Random(3), 1);

        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var found = mixture.Forward(workspace, x, PassInput.Sequence(Passes.Tokens(9)), null).Span.ToArray();
        for (var t = 0; t < 9; t++)
        {
            var expected = Expected(mixture, x.Row(t).ToArray());
            for (var d = 0; d < TinySpec.Width; d++) Assert.Equal(expected[d], found[(t * TinySpec.Width) + d], 1e-4);
        }
    }

    static double[] Expected(MixtureFeedForward mixture, float[] x)
    {
        var spec = mixture.Router.Spec;
        var exp = Product(mixture.Router.Weight.Dense, [.. x.Select(v => (double)v)]).Select(Math.Exp).ToArray();
        var chosen = Enumerable.Range(0, spec.Experts).OrderByDescending(e => exp[e]).Take(spec.Chosen).ToArray();
        var sum = spec.SumsToScale ? chosen.Sum(e => exp[e]) : exp.Sum();
        var y = mixture.Shared is { } shared ? SwiGlu(shared.Gate.Dense, shared.Up.Dense, shared.Down.Dense, x) : new double[x.Length];
        foreach (var e in chosen)
        {
            var output = SwiGlu(mixture.Experts.Gates[e].Dense, mixture.Experts.Ups[e].Dense, mixture.Experts.Downs[e].Dense, x);
            for (var d = 0; d < y.Length; d++) y[d] += spec.Scale * exp[e] / sum * output[d];
        }
        return y;
    }

    static double[] SwiGlu(Tensor gate, Tensor up, Tensor down, float[] x)
    {
        double[] input = [.. x.Select(v => (double)v)];
        return Product(down, [.. Product(gate, input).Zip(Product(up, input), (g, u) => g / (1 + Math.Exp(-g)) * u)]);
    }

    static double[] Product(Tensor matrix, double[] x) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(r => matrix.Row(r).ToArray().Zip(x, (w, v) => w * v).Sum())];
}
