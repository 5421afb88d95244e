using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Training;

/// <summary>From a config.json and a text to a trained model, through the recipe runner.</summary>
public sealed class TrainRecipeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainRecipeTests()
    {
        Directory.CreateDirectory(folder["blueprint"]);
        File.WriteAllText(folder["blueprint/config.json"], """
            {"model_type":"mixtral","hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,"num_attention_heads":2,
             "num_key_value_heads":1,"head_dim":8,"vocab_size":280,"max_position_embeddings":64,"rms_norm_eps":1e-05,
             "num_local_experts":4,"num_experts_per_tok":2,"hidden_act":"silu","tie_word_embeddings":true}
            """);
        File.WriteAllText(folder["blueprint/README.md"], "---\nlicense: mit\n---\n");
        File.WriteAllText(folder["text.txt"], string.Join("<|endoftext|>", Enumerable.Range(0, 60).Select(i =>
            $"The {(i % 3 == 0 ? "cat" : "dog")} number {i} sat on the mat, and the mat was {(i % 2 == 0 ? "flat" : "round")}.")));
    }

    public void Dispose() => folder.Dispose();

    DomainOptions Text => new() { Path = folder["text.txt"] };

    TrainStepOptions Training => new()
    {
        Data = [Text], HeldOut = Text, Tokens = 12 * 2 * 32, Context = 32, Batch = 2, RowsPerPass = 1, LearningRate = 0.01, EvaluateEvery = 5,
        Type = TensorType.F32,
    };

    RecipeRun Recipe(string output, TrainStepOptions? training = null) => new()
    {
        Model = folder["blueprint"], Output = folder[output], Seed = 3, RecipeText = "moesaic: 1\n",
        Steps =
        [
            new("create", new JsonObject(), new CreateStep(new CreateStepOptions { Data = [Text] })),
            new("train", new JsonObject(), new TrainStep(training ?? Training)),
        ],
    };

    static IReadOnlyList<(string Verb, StepReport Report)> Run(RecipeRun run, IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        new RecipeRunner(run, progress ?? SilentProgress.Instance, cancellation: cancellation).Run();

    [Fact]
    public void The_result_loads_speaks_and_is_reported()
    {
        var reports = Run(Recipe("out"));
        using var loaded = ModelFolder.Load(folder["out"]);
        Assert.Equal("mixtral", loaded.Layout);
        var tokenizer = TokenizerLoader.Load(folder["out"]);
        Assert.Equal("The cat sat on the mat.", tokenizer.Decode(tokenizer.Encode("The cat sat on the mat.")));

        var figures = reports[1].Report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.True(figures["held_out_loss"] < figures["held_out_loss_before"]);
        Assert.Equal(Math.Exp(figures["held_out_loss"]), figures["held_out_perplexity"], 1e-6);
        Assert.True(figures["training_loss_last"] < figures["training_loss_first"]);
        Assert.True(figures["training_speed"] > 0);
        Assert.Equal(loaded.WeightBytes, figures["weight_bytes"]);
        Assert.Equal(12, reports[1].Report.Tables[0].Rows.Count);
        Assert.Equal(3, reports[1].Report.Tables[0].Rows.Count(r => r[2].Length > 0));     // after steps 5, 10 and 12
        Assert.Equal(ParameterCounts.Of(loaded.Model.Spec).Total, reports[0].Report.Figures.Single(f => f.Key == "parameters").Value);
        Assert.True(File.Exists(folder["out/report.json"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes(int stoppedAfter)
    {
        Run(Recipe("whole"));
        using (var stop = new CancellationTokenSource())
            Assert.Throws<OperationCanceledException>(() => Run(Recipe("parts"), new StopAfter("train", stoppedAfter, stop), stop.Token));
        Assert.False(Directory.Exists(folder["parts"]));
        var progress = new StopAfter("train", int.MaxValue, null);
        var reports = Run(Recipe("parts"), progress);
        Assert.Equal(12 - stoppedAfter, progress.Reports);
        Assert.Equal(File.ReadAllBytes(folder["whole/model.safetensors"]), File.ReadAllBytes(folder["parts/model.safetensors"]));
        // The report covers the whole run.
        Assert.Equal(12, reports[1].Report.Tables[0].Rows.Count);
        Assert.Contains("12 steps", reports[1].Report.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]     // before the first step
    [InlineData(1)]     // after step 5
    [InlineData(3)]     // after the last
    public void A_measurement_stops_within_a_pass_and_is_made_up_for(int measured)
    {
        var measuring = new StopAfter("measure held-out text", int.MaxValue, null);
        var whole = Run(Recipe("whole"), measuring)[1].Report.Tables[0];
        var passes = measuring.Reports / 4;
        Assert.True(passes > 1);

        using (var stop = new CancellationTokenSource())
        {
            var stopping = new StopAfter("measure held-out text", (measured * passes) + 1, stop);
            Assert.Throws<OperationCanceledException>(() => Run(Recipe("parts"), stopping, stop.Token));
            Assert.Equal((measured * passes) + 1, stopping.Reports);
        }
        var report = Run(Recipe("parts"))[1].Report;
        Assert.Equal(whole.Rows, report.Tables[0].Rows);
        Assert.Equal(File.ReadAllBytes(folder["whole/model.safetensors"]), File.ReadAllBytes(folder["parts/model.safetensors"]));
    }

    [Theory]
    [InlineData("\"log\":", "\"lag\":")]
    [InlineData("{\\\"Steps\\\"", "[\\\"Steps\\\"")]
    [InlineData("\\\"Steps\\\"", "\\\"Stops\\\"")]
    public void A_state_whose_log_is_missing_or_damaged_is_refused(string part, string replacement)
    {
        using (var stop = new CancellationTokenSource())
            Assert.Throws<OperationCanceledException>(() => Run(Recipe("out"), new StopAfter("train", 3, stop), stop.Token));
        var state = folder["out.work/2-train/work/state.safetensors"];
        var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(state));
        Assert.Contains(part, text, StringComparison.Ordinal);
        File.WriteAllBytes(state, System.Text.Encoding.Latin1.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal)));
        var message = Assert.Throws<BadModelException>(() => Run(Recipe("out"))).Message;
        Assert.Contains("the log of 3 training steps is missing or damaged", message, StringComparison.Ordinal);
        Assert.Contains("Delete the folder", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_show_in_the_plan()
    {
        Assert.Contains("longer than the model's 64", Refused(Training with { Context = 65 }), StringComparison.Ordinal);
        Assert.Contains("Nothing to train", Refused(Training with { Roles = [ParameterRole.SharedExperts] }), StringComparison.Ordinal);
        var config = folder["blueprint/config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_experts_per_tok\":2", "\"num_experts_per_tok\":1", StringComparison.Ordinal));
        Assert.Contains("no gradient", Refused(Training), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out.work"]));

        string Refused(TrainStepOptions options) => Assert.Throws<BadRequestException>(() => Run(Recipe("out", options))).Message;
    }

    [Fact]
    public void The_seed_decides_the_weights()
    {
        byte[] Weights(string output, ulong seed)
        {
            var recipe = Recipe(output) with { Seed = seed };
            Run(recipe with { Steps = [recipe.Steps[0]] });
            return File.ReadAllBytes(folder[output + "/model.safetensors"]);
        }
        var first = Weights("a", 1);
        Assert.Equal(first, Weights("b", 1));
        Assert.NotEqual(first, Weights("c", 2));
    }
}
