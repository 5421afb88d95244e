using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Training;

public sealed class LoraRecipeTests : IDisposable
{
    const string Llama3 = """
        {"model_type":"llama","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,
         "num_key_value_heads":8,"vocab_size":128256,"max_position_embeddings":8192,"rms_norm_eps":1e-05,"rope_theta":500000.0,
         "hidden_act":"silu","tie_word_embeddings":false,"torch_dtype":"bfloat16"}
        """;

    readonly StageRecipe recipe = new();

    public void Dispose() => recipe.Dispose();

    TrainStepOptions Training => recipe.Training with
    {
        Lora = new() { Rank = 4, Roles = [ParameterRole.Attention, ParameterRole.Experts, ParameterRole.FeedForward] }, LearningRate = 0.02,
        HeldOut = new() { Path = recipe["dogs.txt"] },
    };

    [Fact]
    public void Merged_adapters_of_a_run_that_was_stopped_are_the_same_bytes() =>
        recipe.AssertGoesOnToTheSameBytes(() => new TrainStep(Training), "train", 1, 7);

    [Fact]
    public void Rounded_and_recomputed_weights_of_a_run_that_was_stopped_are_the_same_bytes() => recipe.AssertGoesOnToTheSameBytes(
        () => new TrainStep(Training with { Lora = null, Weights = WeightPrecision.BF16, Recompute = true, LoadBalanceOver = LoadBalanceOver.Batch }), "train", 5);

    [Fact]
    public void Kept_adapters_are_evaluated_and_trained_on_with_their_model()
    {
        var merged = recipe.Run("merged", new TrainStep(Training));
        var kept = recipe.Run("kept", new TrainStep(Training with { Lora = Training.Lora! with { Result = LoraResult.Kept } }));
        double Loss(StepReport report, string key = "held_out_loss") => report.Figures.Single(f => f.Key == key).Value;
        Assert.True(Loss(merged) < Loss(merged, "held_out_loss_before") - 0.1);
        Assert.Equal(Loss(merged), Loss(kept));
        Assert.True(AdapterFolder.Is(recipe["kept"]));
        Assert.True(new FileInfo(recipe["kept/adapter_model.safetensors"]).Length < new FileInfo(recipe["merged/model.safetensors"]).Length / 2);

        using var loaded = ModelFolder.Load(recipe["kept"], WeightStorage.Stored);
        using var written = ModelFolder.Load(recipe["merged"]);
        Assert.Equal(Loss(Train(recipe["merged"]), "held_out_loss_before"), Loss(Train(recipe["kept"]), "held_out_loss_before"), 1e-4);

        StepReport Train(string model) => new RecipeRunner(new RecipeRun
        {
            Model = model, Output = recipe[Path.GetFileName(model) + "-further"], Seed = 3, RecipeText = "moesaic: 1\n",
            Steps = [new("train", new JsonObject(), new TrainStep(Training with { Lora = null, LearningRate = 0.001 }))],
        }, Moesaic.Methods.Progress.SilentProgress.Instance).Run()[0].Report;
    }

    [Theory]
    [InlineData(LoraBase.Q8_0, WeightEncoding.Q8_0)]
    [InlineData(LoraBase.Q4_0, WeightEncoding.Q4_0)]
    public void Matrices_in_fewer_bits_are_frozen_that_way_and_others_lose_nothing(LoraBase kind, WeightEncoding encoding)
    {
        using var dense = new Tensor(6, 64);
        ModelInitialiser.FillNormal(dense.Span, new Random(1), 1);
        foreach (ref var value in dense.Span) value = (float)(Math.Round(value * 16) / 16);
        using var blocks = FrozenMatrix.Of(dense.Clone(), encoding);
        Assert.Equal(encoding, blocks.Encoding);
        var row = new float[64];
        blocks.DecodeRow(3, row);
        Assert.All(row.Zip(dense.Row(3).ToArray()), p => Assert.Equal(p.Second, p.First, 0.3f));
        using var exact = FrozenMatrix.Of(dense.Clone(), WeightEncoding.BF16);
        Assert.Equal(WeightEncoding.BF16, exact.Encoding);
        dense.Span[70] = 0.1f;
        using var finer = FrozenMatrix.Of(dense.Clone(), WeightEncoding.BF16);
        Assert.Equal(WeightEncoding.F32, finer.Encoding);
        using var narrow = FrozenMatrix.Of(new Tensor(4, 20), encoding);
        Assert.Equal(WeightEncoding.F32, narrow.Encoding);

        var report = recipe.Run("few", new TrainStep(Training with { Lora = Training.Lora! with { Base = kind } }));
        double Loss(string key) => report.Figures.Single(f => f.Key == key).Value;
        Assert.True(Loss("held_out_loss") < Loss("held_out_loss_before") - 0.1);
    }

    [Fact]
    public void Settings_that_exclude_one_another_are_named()
    {
        Assert.Contains("roles", Assert.Single(Validate(Training with { Roles = [ParameterRole.Norms] })), StringComparison.Ordinal);
        Assert.Contains("weights", Assert.Single(Validate(Training with { Weights = WeightPrecision.BF16 })), StringComparison.Ordinal);
        Assert.Contains("Norms", Assert.Single(Validate(new LoraOptions { Roles = [ParameterRole.Norms] })), StringComparison.Ordinal);

        static IEnumerable<string> Validate(IValidatableObject options) => options.Validate(new ValidationContext(options)).Select(r => r.ErrorMessage!);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_plan_of_a_model_of_eight_billions_fits_twenty_gigabytes_with_adapters_alone(int rows)
    {
        StepPlan Plan(TrainStepOptions options) => new TrainStep(options).Plan(new PlanContext
        {
            Model = new ModelOutline((JsonObject)JsonNode.Parse(Llama3)!, 0), Seed = 1, Threads = 2,
        });
        var training = Training with { Lora = new() { Rank = 16 }, Recompute = true, Context = 1024, Batch = 16, RowsPerPass = rows };
        var plan = Plan(training);
        // 8.03e9 parameters as stored, 41.9e6 in adapters of rank 16.
        Assert.InRange(plan.PeakMemoryBytes, 16.06e9, 20e9);
        var memory = plan.Notes.Single(n => n.StartsWith("memory:", StringComparison.Ordinal));
        Assert.Contains("weights 6.03 GB", Plan(training with { Lora = new() { Base = LoraBase.Q4_0 } }).Notes[0], StringComparison.Ordinal);
        Assert.Contains("weights 16.06 GB, adapters 0.17 GB, gradients 0.17 GB, moments 0.34 GB", memory, StringComparison.Ordinal);
        Assert.True(Plan(training with { Recompute = false }).PeakMemoryBytes > plan.PeakMemoryBytes + (10L << 30));
        Assert.InRange(Plan(training with { Lora = null }).PeakMemoryBytes, 128e9, 133e9);
        Assert.InRange(Plan(training with { Lora = null, Weights = WeightPrecision.BF16 }).PeakMemoryBytes, 144e9, 149e9);
    }
}
