using Moesaic.Formats;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Training;

public sealed class LoraTests : IDisposable
{
    static readonly ParameterRole[] All =
        [ParameterRole.Attention, ParameterRole.FeedForward, ParameterRole.Router, ParameterRole.Experts, ParameterRole.SharedExperts];

    readonly TemporaryFolder folder = new();

    public LoraTests()
    {
        using var model = TinyRun.Model();
        ModelFolder.Save(model, folder["model"], new SaveOptions());
    }

    public void Dispose() => folder.Dispose();

    static LoraOptions Lora(params ParameterRole[] roles) => new() { Rank = 3, Roles = roles };

    Model Load(WeightStorage storage, LoraOptions? lora = null) =>
        ModelFolder.Load(folder["model"], storage, lora is null ? null : new LoraStart(lora, 7).Beside).Model;

    static TrainingOptions Training(LoraOptions lora) => TinyRun.Options with { Roles = lora.Roles.ToHashSet() };

    static double Loss(Model model)
    {
        using var workspace = new Workspace();
        var batch = TinyRun.Batches().At(0);
        var rows = new BatchRows(batch, 0, batch.Rows);
        workspace.Begin(recording: false);
        return new NextToken().Run(workspace, model, model.Hidden(workspace, rows.Input()), rows, 1).Loss / batch.TargetCount;
    }

    [Fact]
    public void At_first_the_model_computes_the_same_bits()
    {
        using Model plain = Load(WeightStorage.Stored), adapted = Load(WeightStorage.Stored, Lora(All));
        Assert.Equal(Loss(plain), Loss(adapted));
        // Every matrix but embedding and head.
        Assert.Equal(plain.Parameters.Count(p => !p.IsVector) - 2, adapted.Parameters.Count(p => p.Matrix is AdaptedMatrix));
    }

    [Theory]
    [InlineData(ParameterRole.Attention)]
    [InlineData(ParameterRole.Experts)]
    [InlineData(ParameterRole.Router)]
    public void Adapters_of_a_role_learn_and_the_model_stays_to_the_bit(ParameterRole role)
    {
        var lora = Lora(role);
        using var model = Load(WeightStorage.Stored, lora);
        var before = Decoded(model);
        var first = Loss(model);
        using var trainer = TinyRun.Trainer(model, Training(lora) with { LearningRate = 0.05f });
        TinyRun.Finish(trainer);
        Assert.True(Loss(model) < first);
        Assert.Equal(before, Decoded(model));
        var adapted = model.Parameters.Where(p => p.Matrix is AdaptedMatrix).ToList();
        Assert.All(adapted, p => Assert.Equal(role, p.Role));
        Assert.Equal(adapted.SelectMany(p => new[] { p.Name + ".lora_A", p.Name + ".lora_B" }), trainer.Optimiser.State.Select(s => s.Name));

        static float[] Decoded(Model model) => [.. model.Parameters.SelectMany(p =>
        {
            var matrix = p.Matrix is AdaptedMatrix adapted ? adapted.Base : p.Matrix;
            var values = new float[matrix.Rows * matrix.Columns];
            for (var r = 0; r < matrix.Rows; r++) matrix.DecodeRow(r, values.AsSpan(r * matrix.Columns, matrix.Columns));
            return values;
        })];
    }

    [Fact]
    public void A_full_rank_adapter_has_the_gradient_of_its_matrix()
    {
        // With A the identity and scale 1, dB is dW.
        const string Name = "model.layers.1.mlp.experts.2.down_proj.weight";
        using Model plain = Load(WeightStorage.Float32), adapted = ModelFolder.Load(folder["model"], WeightStorage.Float32, (name, _, matrix) =>
        {
            if (name != Name) return matrix;
            var identity = new Tensor(matrix.Columns, matrix.Columns);
            for (var i = 0; i < matrix.Columns; i++) identity.Row(i)[i] = 1;
            return new AdaptedMatrix(matrix, identity, new Tensor(matrix.Rows, matrix.Columns) { NeedsGradient = true }, 1);
        }).Model;
        plain[Name].NeedsGradient = true;
        var expected = Gradient(plain, plain[Name]);
        var found = Gradient(adapted, ((AdaptedMatrix)adapted.Parameters.Single(p => p.Name == Name).Matrix).Up);
        Assert.Contains(expected, g => g != 0);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6f);

        static float[] Gradient(Model model, Tensor of)
        {
            using var workspace = new Workspace();
            var batch = TinyRun.Batches().At(0);
            var rows = new BatchRows(batch, 0, batch.Rows);
            workspace.Begin(recording: true);
            new NextToken().Run(workspace, model, model.Hidden(workspace, rows.Input()), rows, 0.01f);
            workspace.Backward();
            return of.Gradient!.Span.ToArray();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_killed_run_goes_on_to_the_same_bits(int killedAfter)
    {
        var lora = Lora(All);
        using var whole = Load(WeightStorage.Stored, lora);
        using var uninterrupted = TinyRun.Trainer(whole, Training(lora));
        var expected = TinyRun.Finish(uninterrupted);

        using (var killed = Load(WeightStorage.Stored, lora))
        using (var trainer = TinyRun.Trainer(killed, Training(lora)))
        {
            for (var i = 0; i < killedAfter; i++) trainer.Advance();
            TrainingState.Save(folder["state"], trainer, new Dictionary<string, string>());
        }
        using (var store = TensorStore.Open(folder["state"]))
            Assert.All(store.Tensors, t => Assert.Contains(".lora_", t.Name, StringComparison.Ordinal));
        using var model = Load(WeightStorage.Stored, lora);
        using var resumed = TinyRun.Trainer(model, Training(lora));
        TrainingState.Restore(folder["state"], resumed);
        Assert.Equal(expected.Skip(killedAfter), TinyRun.Finish(resumed));
        Assert.Equal(Bits(uninterrupted), Bits(resumed));

        static float[] Bits(Trainer trainer) => [.. trainer.Optimiser.Parameters.SelectMany(p => p.Value.Span.ToArray())];
    }

    [Fact]
    public void What_is_kept_and_what_is_merged_compute_the_same()
    {
        var lora = Lora(All);
        using var model = Load(WeightStorage.Stored, lora);
        using var trainer = TinyRun.Trainer(model, Training(lora) with { LearningRate = 0.05f });
        TinyRun.Finish(trainer);
        var trained = Loss(model);
        AdapterFolder.Save(model, folder["model"], folder["kept"], new SaveOptions { Type = TensorType.F32 });
        ModelFolder.Save(model, folder["merged"], new SaveOptions { Type = TensorType.F32 });
        using LoadedModel kept = ModelFolder.Load(folder["kept"], WeightStorage.Stored), inMemory = ModelFolder.Load(folder["kept"]),
            merged = ModelFolder.Load(folder["merged"]);
        Assert.Equal(trained, Loss(kept.Model));
        Assert.Equal(Loss(merged.Model), Loss(inMemory.Model));
        Assert.Equal(trained, Loss(merged.Model), 1e-5);
        Assert.Contains(kept.Notes, n => n.Contains("kept beside", StringComparison.Ordinal));
        Assert.Contains(inMemory.Notes, n => n.Contains("is added to", StringComparison.Ordinal));

        // A second stage goes on with the same adapters, and only with the same.
        using var second = ModelFolder.Load(folder["kept"], WeightStorage.Stored, new LoraStart(lora, 8).Beside);
        Assert.Equal(trained, Loss(second.Model));
        Assert.Contains("alpha 6", Assert.Throws<BadRequestException>(
            () => ModelFolder.Load(folder["kept"], WeightStorage.Stored, new LoraStart(lora with { Rank = 2 }, 8).Beside)).Message, StringComparison.Ordinal);
    }
}
