using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

public class TrainerTests
{
    public static TheoryData<ParameterRole> Roles => [.. Enum.GetValues<ParameterRole>().Where(r => r != ParameterRole.SelectionBias)];

    [Theory]
    [MemberData(nameof(Roles))]
    public void A_role_is_trained_and_every_other_frozen_to_the_bit(ParameterRole role)
    {
        using var model = TinyRun.Model();
        var before = model.Parameters.ToDictionary(p => p.Name, p => p.Value.Span.ToArray());
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Steps = 2, Roles = new HashSet<ParameterRole> { role } });
        TinyRun.Finish(trainer);
        foreach (var parameter in model.Parameters)
            Assert.Equal(parameter.Role != role, before[parameter.Name].AsSpan().SequenceEqual(parameter.Value.Span));
    }

    [Fact]
    public void A_bias_on_the_selection_is_left_alone_and_refused_by_name()
    {
        var mixture = new MixtureSpec(new RouterSpec { Experts = 4, Chosen = 2, Affinity = RouterAffinity.Sigmoid, SelectionBias = true }, [12, 12, 12, 12]);
        using var tiny = TinyRun.Model();
        using var model = new Model(tiny.Spec with { Layers = [new(new AttentionSpec(2, 1, 8), mixture)] });
        ModelInitialiser.Randomise(model, 1);
        var bias = model["model.layers.0.mlp.gate.e_score_correction_bias"];
        bias.Span[2] = 0.5f;
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Steps = 2 });
        TinyRun.Finish(trainer);
        Assert.Equal([0, 0, 0.5f, 0], bias.Span.ToArray());
        Assert.Contains("selection_bias", Assert.Throws<BadRequestException>(() =>
            TinyRun.Trainer(model, TinyRun.Options with { Roles = new HashSet<ParameterRole> { ParameterRole.SelectionBias } })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        var before = WorkerTeam.Threads;
        var runs = new List<(List<TrainingStep> Steps, int[] Bits)>();
        foreach (var threads in new[] { 1, 2, 3 })
        {
            WorkerTeam.Threads = threads;
            using var model = TinyRun.Model();
            using var trainer = TinyRun.Trainer(model);
            runs.Add((TinyRun.Finish(trainer), TinyRun.Bits(model)));
        }
        WorkerTeam.Threads = before;
        Assert.All(runs, run => Assert.Equal(runs[0].Steps, run.Steps));
        Assert.All(runs, run => Assert.Equal(runs[0].Bits, run.Bits));
    }

    [Fact]
    public void Noise_is_that_of_the_seed_whatever_the_threads_and_passes()
    {
        var plain = TinyRun.Spec();
        var spec = plain with
        {
            Layers = [plain.Layers[0], plain.Layers[1] with
            {
                FeedForward = (MixtureSpec)plain.Layers[1].FeedForward with
                {
                    Router = ((MixtureSpec)plain.Layers[1].FeedForward).Router with { Score = RouterScore.Mlp, Noise = RouterNoise.Learned },
                },
            }],
        };
        var options = TinyRun.Options with { Variation = 0.1f, Seed = 7 };
        var threads = WorkerTeam.Threads;
        var (one, two) = (Run(options, 1), Run(options, 2));
        WorkerTeam.Threads = threads;
        Assert.Equal(one.Bits, two.Bits);
        // Sums of several passes differ in rounding alone; other noise does not.
        var first = one.Steps[0];
        Assert.Equal(first.Loss, Run(options with { RowsPerPass = 6 }, threads).Steps[0].Loss, 1e-5);
        Assert.NotEqual(first.Loss, Run(options with { Seed = 8 }, threads).Steps[0].Loss, 1e-5);
        Assert.Contains("mlp.gate.weight_noise.weight", one.Changed, StringComparison.Ordinal);

        (List<TrainingStep> Steps, int[] Bits, string Changed) Run(TrainingOptions settings, int count)
        {
            WorkerTeam.Threads = count;
            using var model = TinyRun.Model(spec);
            using var trainer = TinyRun.Trainer(model, settings);
            var steps = TinyRun.Finish(trainer);
            return (steps, TinyRun.Bits(model), string.Join(' ', model.Parameters.Where(p => p.Value.Span.ToArray().Any(v => v != 0)).Select(p => p.Name)));
        }
    }

    [Fact]
    public void Rows_in_several_passes_add_up_to_the_step()
    {
        // Without objectives on the router, whose averages are those of a pass.
        var runs = new List<(List<TrainingStep> Steps, float[] Values)>();
        foreach (var rows in new[] { 1, 4, 6 })
        {
            using var model = TinyRun.Model();
            using var trainer = TinyRun.Trainer(model, TinyRun.Options with { RowsPerPass = rows, LoadBalance = 0, ZLoss = 0 });
            runs.Add((TinyRun.Finish(trainer), [.. model.Parameters.SelectMany(p => p.Value.Span.ToArray())]));
        }
        foreach (var (steps, values) in runs)
        {
            Assert.Equal(runs[0].Steps.Select(s => s.Tokens), steps.Select(s => s.Tokens));
            for (var s = 0; s < steps.Count; s++) Assert.Equal(runs[0].Steps[s].Loss, steps[s].Loss, 1e-3);
            Assert.Equal(runs[0].Steps[0].Loss, steps[0].Loss, 1e-6);
            Assert.Equal(runs[0].Steps[0].GradientNorm, steps[0].GradientNorm, 1e-4);
            // A gradient near zero may change its sign, and Adam goes by the sign: the mean counts.
            Assert.InRange(runs[0].Values.Zip(values, (a, b) => Math.Abs((double)a - b)).Average(), 0, 1e-4);
        }
    }

    [Fact]
    public void Padding_takes_no_part()
    {
        var results = new List<(List<TrainingStep> Steps, int[] Bits)>();
        foreach (var padId in new[] { 0, 5 })
        {
            using var model = TinyRun.Model();
            using var trainer = new Trainer(model, TinyRun.Batches(padId: padId), TinyRun.Options);
            results.Add((TinyRun.Finish(trainer), TinyRun.Bits(model)));
        }
        Assert.Equal(results[0].Steps, results[1].Steps);
        Assert.Equal(results[0].Bits, results[1].Bits);
        Assert.All(results[0].Steps, s => Assert.InRange(s.Tokens, 1, 6 * TinyRun.Length));
        Assert.Contains(results[0].Steps, s => s.Tokens < 6 * TinyRun.Length);
    }

    [Fact]
    public void The_loss_falls_to_the_entropy_of_the_text()
    {
        using var model = TinyRun.Model();
        using var trainer = new Trainer(model, new BatchStream(TinyRun.Data(samples: 1500), rows: 16, seed: 5, padId: 0),
            TinyRun.Options with { Steps = 120, RowsPerPass = 16, LearningRate = 0.02f });
        var steps = TinyRun.Finish(trainer);
        Assert.InRange(steps[0].Loss, Math.Log(TinyRun.Vocabulary) - 0.3, 3.5);
        Assert.InRange(steps.TakeLast(10).Average(s => s.Loss), Math.Log(2) - 0.05, Math.Log(2) + 0.1);
    }

    [Fact]
    public void A_loss_on_the_size_of_the_logits_makes_them_smaller_and_is_reported()
    {
        double Last(float coefficient)
        {
            using var model = TinyRun.Model();
            using var trainer = new Trainer(model, TinyRun.Batches(), TinyRun.Options with { Steps = 20, RowsPerPass = 4 }, new NextToken(coefficient));
            var steps = TinyRun.Finish(trainer);
            Assert.All(steps, s => Assert.True(s.OutputZLoss > 0));
            return steps[^1].OutputZLoss!.Value;
        }
        Assert.True(Last(1) < 0.7 * Last(1e-9f));
        using var plain = TinyRun.Model();
        using var without = TinyRun.Trainer(plain);
        Assert.Null(without.Advance().OutputZLoss);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_noticed_and_nothing_changes()
    {
        using var model = TinyRun.Model();
        model["model.layers.1.self_attn.o_proj.weight"].Span[3] = float.NaN;
        Unchanged(model, TinyRun.Options, steps: 0);
    }

    [Fact]
    public void A_learning_rate_out_of_all_proportion_is_noticed_and_that_step_not_taken()
    {
        using var model = TinyRun.Model();
        Unchanged(model, TinyRun.Options with { LearningRate = 1e30f, WarmupSteps = 0 }, steps: 1);
    }

    static void Unchanged(Model model, TrainingOptions options, int steps)
    {
        using var trainer = TinyRun.Trainer(model, options);
        for (var i = 0; i < steps; i++) trainer.Advance();
        var before = TinyRun.Bits(model);
        var message = Assert.Throws<BadModelException>(() => trainer.Advance()).Message;
        Assert.Contains($"diverged at step {steps + 1}", message, StringComparison.Ordinal);
        Assert.Contains("learning rate", message, StringComparison.Ordinal);
        Assert.Equal(before, TinyRun.Bits(model));
        Assert.Equal(steps, trainer.Step);
        Assert.All(model.Parameters, p => Assert.True(p.Value.Gradient is null || p.Value.Gradient.Span.ToArray().All(g => g == 0)));
    }

    [Fact]
    public void A_router_that_no_gradient_reaches_is_refused_unless_allowed()
    {
        using var model = TinyRun.Model(TinyRun.Spec(chosen: 1));
        var message = Assert.Throws<BadRequestException>(() => TinyRun.Trainer(model)).Message;
        Assert.Contains("no gradient", message, StringComparison.Ordinal);
        Assert.Contains("raw", message, StringComparison.Ordinal);
        TinyRun.Trainer(model, TinyRun.Options with { Roles = new HashSet<ParameterRole> { ParameterRole.Experts } }).Dispose();

        // Without objectives a router that nothing reaches stays where it is, weight decay apart.
        var before = model["model.layers.1.mlp.gate.weight"].Span.ToArray();
        using (var trainer = TinyRun.Trainer(model, TinyRun.Options with
        {
            AllowUnreachableRouter = true, LoadBalance = 0, ZLoss = 0, Optimiser = new() { WeightDecay = 0 },
        })) trainer.Advance();
        Assert.Equal(before, model["model.layers.1.mlp.gate.weight"].Span.ToArray());
    }

    [Fact]
    public void A_single_raw_expert_trains_its_router()
    {
        using var model = TinyRun.Model(TinyRun.Spec(chosen: 1, CombineWeight.Raw));
        var before = model["model.layers.1.mlp.gate.weight"].Span.ToArray();
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with { LoadBalance = 0, ZLoss = 0, Optimiser = new() { WeightDecay = 0 } });
        trainer.Advance();
        Assert.NotEqual(before, model["model.layers.1.mlp.gate.weight"].Span.ToArray());
    }

    [Fact]
    public void A_matrix_of_one_row_decays_and_a_norm_does_not()
    {
        // One expert: its router has one row and, choosing nothing, no gradient; it only decays.
        var spec = TinyRun.Spec();
        using var model = TinyRun.Model(spec with
        {
            Layers = [new(new AttentionSpec(2, 1, 8), new MixtureSpec(new RouterSpec { Experts = 1, Chosen = 1 }, [12], 0))],
        });
        var router = model["model.layers.0.mlp.gate.weight"];
        var before = router.Span.ToArray();
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with
        {
            AllowUnreachableRouter = true, LoadBalance = 0, ZLoss = 0, WarmupSteps = 0, LearningRate = 0.5f,
            Optimiser = new() { WeightDecay = 0.5f, Beta1 = 0, Beta2 = 0, Epsilon = 1e30f },
        });
        trainer.Advance();
        Assert.Equal(1, router.Rows);
        for (var i = 0; i < before.Length; i++) Assert.Equal(before[i] * 0.75f, router.Span[i], 1e-6f);
        Assert.All(model["model.norm.weight"].Span.ToArray(), w => Assert.Equal(1f, w));
    }

    [Fact]
    public void Roles_the_model_does_not_have_are_refused()
    {
        using var model = TinyRun.Model(TinyRun.Spec(shared: 0));
        var message = Assert.Throws<BadRequestException>(
            () => TinyRun.Trainer(model, TinyRun.Options with { Roles = new HashSet<ParameterRole> { ParameterRole.SharedExperts } })).Message;
        Assert.Contains("SharedExperts", message, StringComparison.Ordinal);
        Assert.Contains("Experts", message, StringComparison.Ordinal);
    }
}
