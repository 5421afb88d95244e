using Moesaic.Kernels;
using Moesaic.Methods.Preferences;
using Moesaic.Methods.Tests.Training;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Preferences;

public sealed class PreferenceObjectiveTests
{
    const int Pairs = 10;

    /// <summary>A prompt shared by two answers of different lengths; only the answers are predicted.</summary>
    static PackedDataset Data()
    {
        var random = new Random(4);
        return PackedDataset.Pack(Enumerable.Range(0, Pairs).SelectMany(_ =>
        {
            int[] prompt = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => random.Next(TinyRun.Vocabulary))];
            return Enumerable.Range(0, 2).Select(_ =>
            {
                int[] tokens = [.. prompt, .. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(TinyRun.Vocabulary))];
                return new TokenizedSample(tokens, [.. tokens.Select((_, i) => i >= prompt.Length)]);
            }).ToList();
        }), TinyRun.Length, new PackingOptions { Together = 2 });
    }

    static DpoStepOptions Options => new() { Data = [], Beta = 0.3 };

    static double[] Scores(Model model, PackedDataset data)
    {
        var scores = new double[2 * Pairs];
        using var workspace = new Workspace();
        for (var block = 0; block < data.Blocks; block++)
        {
            var rows = new BatchRows(data.Batch([block], 0), 0, 1);
            workspace.Begin(recording: false);
            foreach (var score in AnswerScore.Of(rows, workspace.TokenLosses(model.Hidden(workspace, rows.Input()), model.Head, rows.Targets).Span))
                scores[score.Source] = score.LogProbability;
        }
        return scores;
    }

    static LossSums Loss(Model model, PackedDataset data, PreferenceObjective objective, bool recording)
    {
        using var workspace = new Workspace();
        var batch = data.Batch([.. Enumerable.Range(0, data.Blocks)], 0);
        var rows = new BatchRows(batch, 0, batch.Rows);
        workspace.Begin(recording);
        var sums = objective.Run(workspace, model, model.Hidden(workspace, rows.Input()), rows, 1f / Pairs);
        if (recording) workspace.Backward();
        return sums / objective.Count(batch);
    }

    [Fact]
    public void At_the_reference_itself_the_loss_is_ln_2_and_no_answer_has_gained()
    {
        using var model = TinyRun.Model();
        var data = Data();
        var found = Loss(model, data, new PreferenceObjective(Scores(model, data), Options), recording: true);
        Assert.Equal(Math.Log(2), found.Loss, 1e-12);
        Assert.Equal((0.0, 0.5), (found.Margin, found.Accuracy));
        Assert.Null(found.Divergence);
    }

    [Fact]
    public void An_answers_score_is_the_sum_over_its_own_tokens()
    {
        using var model = TinyRun.Model();
        var data = Data();
        var scores = Scores(model, data);
        using var workspace = new Workspace();
        for (var block = 0; block < data.Blocks; block++)
        {
            var batch = data.Batch([block], 0);
            foreach (var (segment, source) in batch.Segments.Zip(batch.Sources).Where(p => p.Second >= 0))
            {
                // Alone, without a neighbour.
                workspace.Begin(recording: false);
                var hidden = model.Hidden(workspace, PassInput.Sequence(batch.Tokens[segment.Start..(segment.Start + segment.Length)]));
                var losses = workspace.TokenLosses(hidden, model.Head, batch.Targets.AsSpan(segment.Start, segment.Length));
                Assert.Equal(-losses.Span.ToArray().Sum(l => (double)l), scores[source], 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.2, false)]
    [InlineData(0.1, true)]
    public void The_gradient_is_that_of_differences(double smoothing, bool normalised)
    {
        // Dense: the choice of experts would jump.
        var layer = new LayerSpec(new AttentionSpec(2, 1, 8), new DenseSpec(24));
        using var model = TinyRun.Model(TinyRun.Spec() with { Layers = [layer, layer] });
        var data = Data();
        var random = new Random(8);
        double[] reference = [.. Scores(model, data).Select(s => s + (4 * random.NextDouble()) - 2)];
        var objective = new PreferenceObjective(reference, Options with { LabelSmoothing = smoothing, LengthNormalised = normalised });
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        var recorded = Loss(model, data, objective, recording: true);
        Assert.Equal(recorded, Loss(model, data, objective, recording: false));
        foreach (var parameter in model.Parameters)
        {
            var (value, gradient) = (parameter.Value, parameter.Value.Gradient!.Span.ToArray());
            var kept = value.Span.ToArray();
            float[] direction = [.. kept.Select(_ => (float)((random.NextDouble() * 2) - 1))];
            var found = gradient.Zip(direction, (g, v) => (double)g * v).Sum();
            const float Step = 1f / 128;
            var expected = ((8 * (At(1) - At(-1))) - (At(2) - At(-2))) / (12 * Step);
            kept.CopyTo(value.Span);
            var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
            Assert.True(Math.Abs(found - expected) <= 1e-3 * (0.05 + norm), $"{parameter.Name}: backward {found:R}, differences {expected:R}");

            double At(int steps)
            {
                for (var i = 0; i < kept.Length; i++) value.Span[i] = kept[i] + (steps * Step * direction[i]);
                return Loss(model, data, objective, recording: false).Loss;
            }
        }
    }

    [Fact]
    public void Threads_make_no_difference_and_better_answers_gain()
    {
        var before = WorkerTeam.Threads;
        var runs = new List<(List<TrainingStep> Steps, int[] Bits)>();
        foreach (var threads in new[] { 1, 3 })
        {
            WorkerTeam.Threads = threads;
            using var model = TinyRun.Model();
            var data = Data();
            using var trainer = new Trainer(model, new BatchStream(data, 4, seed: 2, padId: 0), TinyRun.Options with { Steps = 12, LoadBalance = 0, ZLoss = 0 },
                new PreferenceObjective(Scores(model, data), Options));
            runs.Add((TinyRun.Finish(trainer), TinyRun.Bits(model)));
        }
        WorkerTeam.Threads = before;
        Assert.Equal(runs[0].Steps, runs[1].Steps);
        Assert.Equal(runs[0].Bits, runs[1].Bits);
        Assert.Equal(Math.Log(2), runs[0].Steps[0].Loss, 1e-12);
        Assert.True(runs[0].Steps[^1].Loss < 0.6 && runs[0].Steps[^1].Margin > 0.1 && runs[0].Steps[^1].Accuracy > 0.8);
    }
}
