using Moesaic.Formats;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training.Balance;

/// <summary>Controllers in training runs of milliseconds.</summary>
public sealed class BalancedTrainingTests : IDisposable
{
    static readonly TrainingOptions Options = TinyRun.Options with
    {
        LoadBalance = 0.01f, Balance = new BalanceOptions { SelectionBias = new() { Rate = 0.01 }, Adaptive = new() },
    };

    static readonly TrainingOptions Sparse = TinyRun.Options with
    {
        LoadBalance = 0.01f, ZLoss = 0, Balance = new BalanceOptions { Sparsity = new() { Start = 1e-4 }, Adaptive = new() },
    };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ModelSpec Biased() => Routed(r => r with { Affinity = RouterAffinity.Sigmoid, SelectionBias = true });

    static ModelSpec Relu() => Routed(r => r with
    {
        Chosen = 1, Bias = true, Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive), Weight = CombineWeight.Raw,
    });

    static ModelSpec Routed(Func<RouterSpec, RouterSpec> change)
    {
        var spec = TinyRun.Spec();
        var mixture = (MixtureSpec)spec.Layers[1].FeedForward;
        return spec with
        {
            Layers = [spec.Layers[0], spec.Layers[1] with
            {
                FeedForward = mixture with { Router = change(mixture.Router) },
            }],
        };
    }

    [Fact]
    public void Mutual_information_has_a_coefficient_for_attention_and_one_for_the_feed_forward()
    {
        var experts = new AttentionSpec(4, 2, 4) { Experts = new(new RouterSpec { Experts = 2, Chosen = 1, Weight = CombineWeight.Raw }, ExpertKeys.Routed, false) };
        var spec = TinyRun.Spec();
        spec = spec with { Layers = [.. spec.Layers.Select(l => l with { Attention = experts })] };
        using var model = TinyRun.Model(spec);
        var terms = new TrainingBalance(model, Options(0.5, 0.125)).Terms;
        var term = Assert.Single(terms);
        Assert.Equal(0.5f, term.Of(model.Mixtures.First().Router));
        Assert.All(model.Blocks, b => Assert.Equal(0.125f, term.Of(((ExpertAttention)b.Attention).Router)));
        Assert.Null(Assert.Single(new TrainingBalance(model, Options(0.5, null)).Terms).Own);
        Assert.Equal(0, Assert.Single(new TrainingBalance(model, Options(0, 0.125)).Terms).Of(model.Mixtures.First().Router));
        using (var trainer = TinyRun.Trainer(model, Options(0, 0.125))) trainer.Advance();

        using var dense = TinyRun.Model(TinyRun.Spec());
        Assert.Contains("mutual_information_attention", Assert.Throws<BadRequestException>(() => TinyRun.Trainer(dense, Options(0.5, 0.1))).Message,
            StringComparison.Ordinal);

        static TrainingOptions Options(double feedForward, double? attention) => TinyRun.Options with
        {
            LoadBalance = 0, ZLoss = 0, Balance = new BalanceOptions { MutualInformation = feedForward, MutualInformationAttention = attention },
        };
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(3, true)]
    public void A_killed_run_goes_on_with_the_same_controllers(int killedAfter, bool sparse)
    {
        var (spec, options) = sparse ? (Relu(), Sparse) : (Biased(), Options);
        using var whole = TinyRun.Model(spec);
        using var uninterrupted = TinyRun.Trainer(whole, options);
        var expected = TinyRun.Finish(uninterrupted);

        using (var killed = TinyRun.Model(spec))
        using (var trainer = TinyRun.Trainer(killed, options))
        {
            for (var i = 0; i < killedAfter; i++) trainer.Advance();
            TrainingState.Save(folder["state"], trainer, new Dictionary<string, string>());
        }
        using var model = TinyRun.Model(spec);
        using var resumed = TinyRun.Trainer(model, options);
        TrainingState.Restore(folder["state"], resumed);
        Assert.Equal(expected.Skip(killedAfter), TinyRun.Finish(resumed));
        Assert.Equal(TinyRun.Bits(whole), TinyRun.Bits(model));
        foreach (var (a, b) in uninterrupted.Balance.State.Zip(resumed.Balance.State))
            Assert.Equal(a.Value.Span.ToArray(), b.Value.Span.ToArray());
        Assert.Equal([sparse ? "sparsity.lambda" : "model.layers.1.mlp.gate.e_score_correction_bias", "adaptive.load_balance"],
            resumed.Balance.State.Select(s => s.Name));
        Assert.Contains(resumed.Balance.State.First().Value.Span.ToArray(), b => b != 0);
    }

    [Fact]
    public void What_no_tensor_holds_goes_from_folder_to_folder()
    {
        using var model = TinyRun.Model(Relu());
        using (var trainer = TinyRun.Trainer(model, Sparse))
        {
            TinyRun.Finish(trainer);
            foreach (var (name, bytes) in BalanceFile.Write(trainer.Balance)) File.WriteAllBytes(folder[name], bytes);
            using var next = TinyRun.Trainer(model, Sparse);
            var notes = new List<string>();
            BalanceFile.Read(next.Balance, folder.Path, notes.Add);
            Assert.Equal(trainer.Balance.Beside.Select(s => (s.Name, s.Value.Span[0])), next.Balance.Beside.Select(s => (s.Name, s.Value.Span[0])));
            Assert.Equal(2, notes.Count(n => n.Contains("goes on", StringComparison.Ordinal)));
        }

        using var without = TinyRun.Trainer(model, Sparse with { Balance = null });
        Assert.Empty(BalanceFile.Write(without.Balance));
        var told = new List<string>();
        BalanceFile.Read(without.Balance, folder.Path, told.Add);
        Assert.Equal(2, told.Count(n => n.Contains("not used", StringComparison.Ordinal)));

        using var again = TinyRun.Trainer(model, Sparse);
        foreach (var wrong in new[] { "{", "{\"sparsity.lambda\":[1,2]}", "{\"sparsity.lambda\":null}", "[1]", "{\"sparsity.lambda\":[\"NaN\"]}" })
        {
            File.WriteAllText(folder[BalanceFile.Name], wrong);
            Assert.Contains("Delete the file", Assert.Throws<BadModelException>(() => BalanceFile.Read(again.Balance, folder.Path, _ => { })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Biases_even_out_the_load_and_leave_the_loss_alone()
    {
        // Everyone wants the second expert, and there is no objective on the router.
        double Run(BiasOptions? bias, int from, int to)
        {
            using var model = TinyRun.Model(Biased());
            model["model.layers.1.mlp.gate.e_score_correction_bias"].Span[1] = 0.5f;
            using var trainer = new Trainer(model, new BatchStream(TinyRun.Data(samples: 400), rows: 12, seed: 5, padId: 0), TinyRun.Options with
            {
                Steps = to, RowsPerPass = 6, LoadBalance = 0, ZLoss = 0, LearningRate = 1e-3f,
                Balance = bias is null ? null : new BalanceOptions { SelectionBias = bias },
            });
            for (var step = 0; step < to; step++)
            {
                if (step == from) trainer.Routing[0].Clear();
                trainer.Advance();
            }
            Assert.Empty(trainer.Objectives);
            var load = trainer.Routing[0].Load;
            return Math.Sqrt(load.Average(f => Math.Pow((f * load.Length) - 1, 2)));
        }

        var (without, with) = (Run(null, 40, 60), Run(new() { Rate = 0.02 }, 40, 60));
        Assert.True(without > 0.3, $"{without}");
        Assert.True(with < 0.5 * without, $"{with} of {without}");
        // Left alone from the start, they are as if they were not.
        Assert.Equal(without, Run(new() { Until = 0 }, 40, 60));
    }

    [Fact]
    public void Sparsity_finds_its_target_and_returns_to_it_after_a_shock()
    {
        const int Steps = 500, Shock = 200;
        using var model = TinyRun.Model(Relu());
        using var trainer = new Trainer(model, new BatchStream(TinyRun.Data(samples: 400), rows: 12, seed: 5, padId: 0), TinyRun.Options with
        {
            Steps = Steps, RowsPerPass = 12, LoadBalance = 0, ZLoss = 0, FinalFraction = 1, Balance = new() { Sparsity = new() { Start = 1e-6 } },
        });
        var perToken = new List<double>();
        while (!trainer.Finished)
        {
            // Everybody wants everything.
            if (trainer.Step == Shock) model["model.layers.1.mlp.gate.bias"].Span.Fill(2);
            perToken.Add(trainer.Advance().Routing!.Value.PerToken);
        }
        Assert.InRange(perToken[Shock], 2.5, 4);
        Assert.InRange(perToken.Take(Shock).TakeLast(80).Average(), 0.75, 1.25);
        Assert.InRange(perToken.TakeLast(80).Average(), 0.75, 1.25);
    }

    [Fact]
    public void Dropped_experts_get_no_token_and_heat_makes_routers_uncertain()
    {
        RoutingOf Run(BalanceOptions balance)
        {
            using var model = TinyRun.Model();
            using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Balance = balance });
            trainer.Advance();
            return new(trainer.Routing[0].Slots.ToArray(), trainer.Routing[0].TokenEntropy);
        }
        var plain = Run(new());
        Assert.DoesNotContain(0, plain.Slots);
        var dropped = Run(new() { ClusterDropout = new() { Clusters = 2 } });
        foreach (var cluster in dropped.Slots.Chunk(2)) Assert.Equal(1, cluster.Count(s => s == 0));
        Assert.True(Run(new() { Temperature = new() { From = 20 } }).Entropy > plain.Entropy + 0.01);
    }

    readonly record struct RoutingOf(long[] Slots, double Entropy);

    [Fact]
    public void Every_objective_is_reported_in_every_layer()
    {
        using var model = TinyRun.Model();
        using var trainer = TinyRun.Trainer(model, TinyRun.Options with { Balance = new() { MutualInformation = 0.01, SequenceBalance = 0.01, PooledBalance = 0.01 } });
        var log = new TrainingLog();
        while (!trainer.Finished)
        {
            log.Steps.Add(trainer.Advance());
            log.AddObjectives(trainer.Objectives, trainer.Step, trainer.Options.Steps);
        }
        Assert.Equal(["load_balance", "z_loss", "sequence_load_balance", "pooled_load_balance", "mutual_information"], log.Objectives.Keys);
        Assert.All(log.Objectives.Values, course => Assert.Equal(6, course.Count));
        Assert.All(log.Objectives["load_balance"], v => Assert.InRange(v, 0.9, 4));
        Assert.All(log.Objectives["mutual_information"], v => Assert.InRange(v, -Math.Log(4), 0));
        Assert.Equal(6, log.ObjectivesOfLayers.Count);

        var copy = TrainingLog.FromJson(log.ToJson())!;
        Assert.Equal(log.ToJson(), copy.ToJson());
        var table = Assert.Single(BalanceTable.Of(copy, model.Spec));
        Assert.Equal("1", Assert.Single(table.Rows)[0]);
        Assert.Equal(11, table.Columns.Count);
        Assert.Contains("mutual information", log.ToTable().Columns);
    }

    [Fact]
    public void What_the_model_cannot_do_is_refused_by_name()
    {
        string Refused(BalanceOptions balance) => Assert.Throws<BadRequestException>(() => (TinyRun.Options with { Balance = balance }).Check(TinyRun.Spec())).Message;
        Assert.Contains("selection_bias", Refused(new() { SelectionBias = new() }), StringComparison.Ordinal);
        Assert.Contains("ReLU", Refused(new() { Sparsity = new() }), StringComparison.Ordinal);
        Assert.Contains("3 equal parts", Refused(new() { GroupBalance = 1, Groups = 3 }), StringComparison.Ordinal);
        Assert.Contains("parts of 2", Refused(new() { Variance = 1, Clusters = 4 }), StringComparison.Ordinal);
    }
}
