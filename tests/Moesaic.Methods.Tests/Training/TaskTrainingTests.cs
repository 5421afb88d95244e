using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Extraction;
using Moesaic.Methods.Preferences;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Training;

/// <summary>From new weights over training by task to a dense model of one task: one text counts up, the other down.</summary>
public sealed class TaskTrainingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TaskTrainingTests()
    {
        File.WriteAllLines(folder["up.txt"], Enumerable.Range(0, 30).Select(i => Count(i, +1)));
        File.WriteAllLines(folder["down.txt"], Enumerable.Range(0, 30).Select(i => Count(i, -1)));
        Directory.CreateDirectory(folder["shape"]);
        File.WriteAllText(folder["shape/config.json"], """
            {"model_type": "llama", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "vocab_size": 258, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
            """);

        static string Count(int from, int step) =>
            string.Join(' ', Enumerable.Range(0, 20).Select(i => (((from + (i * step)) % 10) + 10) % 10)) + "<|endoftext|>";
    }

    public void Dispose() => folder.Dispose();

    StepReport Run(IStep step, string input, string output)
    {
        var work = folder[$"work-{Guid.NewGuid():N}"];
        Directory.CreateDirectory(work);
        return step.Run(new StepContext
        {
            InputFolder = folder[input], OutputFolder = folder[output], WorkFolder = work, Seed = 1, Progress = SilentProgress.Instance,
        });
    }

    DomainOptions Text(string task) => new() { Path = folder[$"{task}.txt"], Task = task };

    double Loss(string model, string text, string? task) => Run(new EvaluateStep(new EvaluateStepOptions
    {
        Data = new DataOptions { Path = folder[$"{text}.txt"], Task = task }, Context = 32, SpeedRepeats = text == "up" && task == "up" ? 1 : 0,
    }), model, "none").Figures.Single(f => f.Key == "loss").Value;

    [Fact]
    public void What_is_learned_by_task_is_extracted_by_task()
    {
        Run(new CreateStep(new CreateStepOptions
        {
            Data = [Text("up") with { Task = null }],
            Deviation = 0.2,
            Mixture = new MixtureOptions { Router = new RouterSpec { Experts = 2, Chosen = 1, Weight = CombineWeight.Raw, Key = RouterKey.Task, KeyWidth = 8 }, Tasks = ["up", "down"] },
        }), "shape", "new");
        Assert.Equal(["up", "down"], ModelFolder.ReadSpec(folder["new"]).Tasks);

        var train = new TrainStepOptions
        {
            Data = [Text("up"), Text("down")], Tokens = 20_000, Context = 32, Batch = 8, LearningRate = 0.02f, LoadBalance = 0.1f, Warmup = 0.1f, Type = TensorType.F32,
        };
        Run(new TrainStep(train), "new", "trained");
        var (right, wrong) = (Loss("trained", "up", "up"), Loss("trained", "up", "down"));
        Assert.True(right < 0.8 * wrong, $"{right} with the task of the text, {wrong} with the other");

        Run(new ExtractStep(new ExtractStepOptions { Task = "up" }), "trained", "up");
        Assert.Equal("llama", HfFolder.OpenConfig(folder["up"]).Text("model_type"));
        Assert.Equal(right, Loss("up", "up", null), 1e-4);

        File.WriteAllText(folder["pairs.jsonl"], """{"prompt": "1", "chosen": "2", "rejected": "0"}""");
        Assert.Contains("preference pairs have none", Assert.Throws<BadRequestException>(() =>
            new DpoStep(new DpoStepOptions { Data = [folder["pairs.jsonl"]], AsText = true, Context = 16 })
                .Plan(new PlanContext { Model = ModelOutline.Read(folder["trained"]), Seed = 1, Threads = 1 })).Message, StringComparison.Ordinal);
        var missing = Assert.Throws<BadRequestException>(() => Run(new TrainStep(train with { Data = [Text("up") with { Task = null }] }), "new", "none"));
        Assert.Contains("up, down", missing.Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => Loss("trained", "up", null));
        Assert.Throws<BadRequestException>(() => Loss("up", "up", "up"));
    }

    [Fact]
    public void Names_and_routers_must_fit_when_a_model_is_made()
    {
        var token = new MixtureOptions { Router = new RouterSpec { Experts = 4, Chosen = 2 }, Tasks = ["up"] };
        Assert.Throws<BadRequestException>(() => MixtureShape.Of(ModelFolder.ReadSpec(folder["shape"]), token));
        var unnamed = new MixtureOptions { Router = new RouterSpec { Experts = 4, Chosen = 2, Key = RouterKey.Task, Keys = 2, KeyWidth = 4 } };
        Assert.Throws<BadRequestException>(() => MixtureShape.Of(ModelFolder.ReadSpec(folder["shape"]), unnamed));
    }
}
