using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Recomputed layers, accumulated passes, bfloat16 weights.</summary>
public sealed class LittleMemoryTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static Model Rounded()
    {
        using var source = TinyRun.Model();
        var values = source.Parameters.ToDictionary(p => p.Name, p => p.Value.Clone());
        var model = new Model(source.Spec, (name, _, _, _) => new RoundedMatrix(values[name]));
        foreach (var vector in model.Parameters.Where(p => p.IsVector)) values[vector.Name].Span.CopyTo(vector.Value.Span);
        return model;
    }

    [Fact]
    public void Recomputed_layers_train_to_the_same_bits_in_less_memory()
    {
        var runs = new List<(List<TrainingStep> Steps, int[] Bits, long[] Slots, long Bytes)>();
        foreach (var recompute in new[] { false, true })
        {
            var layers = TinyRun.Spec().Layers;
            using var model = TinyRun.Model(TinyRun.Spec() with { Layers = [.. layers, .. layers, .. layers, .. layers] });
            using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Recompute = recompute });
            runs.Add((TinyRun.Finish(trainer), TinyRun.Bits(model), [.. trainer.Routing.SelectMany(r => r.Slots.ToArray())], trainer.PassBytes));
        }
        Assert.Equal(runs[0].Steps, runs[1].Steps);
        Assert.Equal(runs[0].Bits, runs[1].Bits);
        Assert.Equal(runs[0].Slots, runs[1].Slots);
        Assert.True(runs[1].Bytes * 5 < runs[0].Bytes * 2, $"{runs[1].Bytes} of {runs[0].Bytes}");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_pass_takes_what_the_plan_says(bool mixture, bool recompute)
    {
        FeedForwardSpec inner = mixture ? new MixtureSpec(new RouterSpec { Experts = 4, Chosen = 2 }, [96, 96, 96, 96], 64) : new DenseSpec(224);
        var spec = TinyRun.Spec() with { Width = 64, Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(4, 1, 16), inner), 12)] };
        using var model = TinyRun.Model(spec);
        using var trainer = new Trainer(model, TinyRun.Batches(rows: 8), TinyRun.Options with { Steps = 2, RowsPerPass = 8, Recompute = recompute });
        TinyRun.Finish(trainer);
        var planned = TrainingCost.PassBytes(spec, 8 * TinyRun.Length, recompute);
        Assert.InRange((double)trainer.PassBytes / planned, 0.7, 1);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    public void With_the_load_of_the_batch_the_passes_add_up_to_the_gradient_of_one(int rows, bool all)
    {
        var options = TinyRun.Options with { Steps = 1, LoadBalance = 5, ZLoss = 0.5f, LoadBalanceOver = LoadBalanceOver.Batch, Variation = 0.5f, Balance = all ? All : null };
        var (whole, parts) = (Step(options with { RowsPerPass = 6 }), Step(options with { RowsPerPass = rows }));
        Assert.Equal(whole.Loss, parts.Loss, 1e-6);
        Assert.Equal(whole.Norm, parts.Norm, 1e-5 * whole.Norm);
        Assert.InRange(Distance(whole.Moments, parts.Moments), 0, 1e-5);
        // What every pass balances by itself is another loss.
        Assert.True(Distance(whole.Moments, Step(options with { RowsPerPass = rows, LoadBalanceOver = LoadBalanceOver.Pass }).Moments) > 1e-3);
        Assert.Equal(whole.Slots, parts.Slots);
    }

    static readonly BalanceOptions All = new()
    {
        Importance = 0.5, Load = 0.5, GroupBalance = 1, Groups = 2, SequenceBalance = 1, PooledBalance = 1, SoftBalance = 1, MutualInformation = 1,
        Variance = 1, VarianceForm = VarianceForm.Apart, Clusters = 2, LoadCount = LoadCount.First,
    };

    static (double Loss, double Norm, float[] Moments, long[] Slots) Step(TrainingOptions options)
    {
        using var model = TinyRun.Model();
        using var trainer = TinyRun.Trainer(model, options);
        var step = trainer.Advance();
        return (step.Loss, step.GradientNorm, [.. trainer.Optimiser.State.SelectMany(s => s.Mean.Span.ToArray())],
            [.. trainer.Routing.SelectMany(r => r.Slots.ToArray())]);
    }

    static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum() / a.Sum(x => (double)x * x));

    [Fact]
    public void Rounded_weights_train_to_the_same_bits_on_any_number_of_threads()
    {
        var before = WorkerTeam.Threads;
        var runs = new List<(List<TrainingStep> Steps, int[] Bits)>();
        foreach (var threads in new[] { 1, 3 })
        {
            WorkerTeam.Threads = threads;
            using var model = Rounded();
            using var trainer = TinyRun.Trainer(model);
            runs.Add((TinyRun.Finish(trainer), TinyRun.Bits(model)));
        }
        WorkerTeam.Threads = before;
        Assert.Equal(runs[0].Steps, runs[1].Steps);
        Assert.Equal(runs[0].Bits, runs[1].Bits);
    }

    [Fact]
    public void The_first_step_of_rounded_weights_is_that_of_a_rounded_model_applied_to_the_float32_values()
    {
        using var rounded = Rounded();
        var exact = rounded.Parameters.ToDictionary(p => p.Name, p => p.Value.Span.ToArray());
        using var plain = TinyRun.Model();
        foreach (var parameter in plain.Parameters.Where(p => !p.IsVector))
            for (var r = 0; r < parameter.Value.Rows; r++) rounded.Parameters.Single(p => p.Name == parameter.Name).Matrix.DecodeRow(r, parameter.Value.Row(r));
        var start = plain.Parameters.ToDictionary(p => p.Name, p => p.Value.Span.ToArray());
        // Without decay a step depends on the gradient alone.
        var options = TinyRun.Options with { Optimiser = new() { WeightDecay = 0, Epsilon = 1e-3f } };
        using Trainer one = TinyRun.Trainer(rounded, options), other = TinyRun.Trainer(plain, options);
        Assert.Equal(other.Advance().Loss, one.Advance().Loss, 1e-6);
        foreach (var parameter in plain.Parameters)
        {
            var master = rounded.Parameters.Single(p => p.Name == parameter.Name).Value;
            for (var i = 0; i < master.Count; i++)
                Assert.Equal(parameter.Value.Span[i] - start[parameter.Name][i], master.Span[i] - exact[parameter.Name][i], 1e-5f);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_killed_run_with_rounded_weights_goes_on_to_the_same_bits(int killedAfter)
    {
        using var whole = Rounded();
        using var uninterrupted = TinyRun.Trainer(whole);
        var expected = TinyRun.Finish(uninterrupted);
        using (var killed = Rounded())
        using (var trainer = TinyRun.Trainer(killed))
        {
            for (var i = 0; i < killedAfter; i++) trainer.Advance();
            TrainingState.Save(folder["state"], trainer, new Dictionary<string, string>());
        }
        using var model = Rounded();
        using var resumed = TinyRun.Trainer(model);
        TrainingState.Restore(folder["state"], resumed);
        Assert.Equal(expected.Skip(killedAfter), TinyRun.Finish(resumed));
        Assert.Equal(TinyRun.Bits(whole), TinyRun.Bits(model));
    }

    [Fact]
    public void What_is_written_as_bf16_is_what_the_passes_read()
    {
        using var model = Rounded();
        using var trainer = TinyRun.Trainer(model);
        TinyRun.Finish(trainer);
        ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.BF16 });
        using var written = ModelFolder.Load(folder["model"]);
        foreach (var parameter in model.Parameters.Where(p => !p.IsVector))
        {
            var row = new float[parameter.Matrix.Columns];
            for (var r = 0; r < parameter.Matrix.Rows; r++)
            {
                parameter.Matrix.DecodeRow(r, row);
                Assert.Equal(row, written.Model[parameter.Name].Row(r).ToArray());
            }
        }
    }
}
