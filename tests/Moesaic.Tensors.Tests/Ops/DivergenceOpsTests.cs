namespace Moesaic.Tensors.Tests.Ops;

public class DivergenceOpsTests
{
    const int T = 5, V = 9;
    static readonly int[] targets = [3, -1, 0, 6, 2];
    static readonly float[] weights = [0.5f, 0.5f, 1, 0.25f, 0.125f];

    public static TheoryData<DivergenceKind, float, int?> Ways
    {
        get
        {
            var ways = new TheoryData<DivergenceKind, float, int?>();
            foreach (var kind in Enum.GetValues<DivergenceKind>())
                foreach (var temperature in new[] { 1f, 2.5f })
                    foreach (var top in new int?[] { null, 1, 3, V - 1, V }) ways.Add(kind, temperature, top);
            return ways;
        }
    }

    static (Tensor Student, Tensor Head, Tensor Teacher, Tensor TeacherHead) Inputs() =>
        (Numbers.Parameter(T, 6, 1), Numbers.Parameter(V, 6, 2), Numbers.Matrix(T, 4, 3), Numbers.Matrix(V, 4, 4));

    [Theory]
    [MemberData(nameof(Ways))]
    public void Gradients_reach_hidden_states_and_head(DivergenceKind kind, float temperature, int? top)
    {
        var (x, head, y, teacher) = Inputs();
        GradientCheck.Check([x, head], (workspace, _) =>
            Weighted(workspace.Divergence(x, head, y, teacher, targets, weights, new(kind, temperature, top))));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_divergence_is_that_of_the_definition(DivergenceKind kind, float temperature, int? top)
    {
        var (x, head, y, teacher) = Inputs();
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var found = workspace.Divergence(x, head, y, teacher, targets, [], new(kind, temperature, top)).Span.ToArray();
        var (z, zt) = (workspace.Linear(x, head), workspace.Linear(y, teacher));
        for (var t = 0; t < T; t++)
        {
            var (s, p) = (Shares(z.Row(t)), Shares(zt.Row(t)));
            var order = Enumerable.Range(0, V).OrderByDescending(v => p[v]).ToArray();
            var single = order[..Math.Min(V, top ?? V)];
            double[] own = [.. single.Select(v => s[v]), order[single.Length..].Sum(v => s[v])];
            double[] wanted = [.. single.Select(v => p[v]), order[single.Length..].Sum(v => p[v])];
            var (from, to) = kind == DivergenceKind.ForwardKl ? (wanted, own) : (own, wanted);
            var expected = from.Zip(to, (a, b) => a > 0 ? a * Math.Log(a / b) : 0).Sum();
            Assert.Equal(targets[t] < 0 ? 0 : expected, found[t], 2e-6);
        }

        double[] Shares(Span<float> logits)
        {
            double[] powers = [.. logits.ToArray().Select(l => Math.Exp(l / temperature))];
            return [.. powers.Select(e => e / powers.Sum())];
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Of_one_with_itself_it_is_zero_and_adds_nothing_to_the_gradient(DivergenceKind kind, float temperature, int? top)
    {
        var (x, head, _, _) = Inputs();
        var (hidden, same) = (x.Clone(), head.Clone());
        float[][] Gradients(bool also)
        {
            (x.Gradient, head.Gradient) = (null, null);
            using var workspace = new Workspace();
            workspace.Begin(recording: true);
            workspace.CrossEntropy(x, head, targets, weights);
            if (also) Assert.All(workspace.Divergence(x, head, hidden, same, targets, weights, new(kind, temperature, top)).Span.ToArray(), d => Assert.Equal(0, d));
            return [x.Gradient!.Span.ToArray(), head.Gradient!.Span.ToArray()];
        }
        Assert.Equal(Gradients(false), Gradients(true));
    }

    [Fact]
    public void Blocks_and_ignored_tokens_make_no_difference()
    {
        // 600 tokens are several blocks; every third is ignored.
        var (x, head, y, teacher) = (Numbers.Parameter(600, 6, 1), Numbers.Parameter(V, 6, 2), Numbers.Matrix(600, 4, 3), Numbers.Matrix(V, 4, 4));
        int[] some = [.. Enumerable.Range(0, 600).Select(t => t % 3 == 0 ? -1 : 0)];
        float[] equal = [.. some.Select(_ => 1f)];
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var whole = workspace.Divergence(x, head, y, teacher, some, equal, new(DivergenceKind.ForwardKl, 2, null)).Span.ToArray();
        for (var t = 0; t < 600; t += 59)
        {
            Tensor one = new(1, 6, x.Row(t)), other = new(1, 4, y.Row(t));
            one.NeedsGradient = true;
            Assert.Equal(some[t] < 0 ? 0 : workspace.Divergence(one, head.Clone(), other, teacher, [0], [1f], new(DivergenceKind.ForwardKl, 2, null)).Span[0], whole[t]);
            Assert.Equal(some[t] < 0 ? new float[6] : one.Gradient!.Span.ToArray(), x.Gradient!.Row(t).ToArray());
        }
    }

    [Fact]
    public void Logits_far_apart_give_finite_numbers()
    {
        var (x, head, y, teacher) = Inputs();
        foreach (ref var value in x.Span) value *= 200;
        foreach (ref var value in y.Span) value *= 200;
        foreach (var (kind, top) in new[] { (DivergenceKind.ForwardKl, (int?)null), (DivergenceKind.ForwardKl, 2), (DivergenceKind.ReverseKl, null), (DivergenceKind.ReverseKl, 2) })
        {
            using var workspace = new Workspace();
            workspace.Begin(recording: true);
            Assert.All(workspace.Divergence(x, head, y, teacher, targets, weights, new(kind, 1, top)).Span.ToArray(), d => Assert.True(float.IsFinite(d) && d >= 0));
            Assert.All(x.Gradient!.Span.ToArray(), g => Assert.True(float.IsFinite(g)));
        }
    }

    static double Weighted(Tensor losses)
    {
        double sum = 0;
        for (var t = 0; t < weights.Length; t++) sum += (double)weights[t] * losses.Span[t];
        return sum;
    }
}
