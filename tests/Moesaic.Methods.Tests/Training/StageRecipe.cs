using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Evaluation;
using Moesaic.Methods.Training;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Stages of post-training on a tiny mixture and texts of two kinds, through the recipe runner.</summary>
sealed class StageRecipe : IDisposable
{
    readonly TinyFolder folder = new();

    public StageRecipe()
    {
        File.WriteAllLines(this["dogs.txt"], Enumerable.Range(0, 60).Select(i => $"Dog {i} runs after cat {i * 7 % 10}.<|endoftext|>"));
        File.WriteAllLines(this["sums.txt"], Enumerable.Range(0, 25).Select(i => $"{i} + {i} = {i + i}; {i} - 1 = {i - 1};<|endoftext|>"));
    }

    public string Model => folder.Model;

    public string this[string name] => folder[name];

    public DomainOptions Dogs => new() { Path = this["dogs.txt"], Name = "dogs", Weight = 3, HeldOut = this["dogs.txt"] };

    public DomainOptions Sums => new() { Path = this["sums.txt"], Name = "sums", Weight = 1, HeldOut = this["sums.txt"] };

    public TrainStepOptions Training => new()
    {
        Data = [Dogs, Sums], Tokens = 12 * 4 * 32, Context = 32, Batch = 4, RowsPerPass = 2, LearningRate = 0.01, EvaluateEvery = 6, Type = TensorType.F32,
    };

    public StepReport Run(string output, IStep step, IProgressReporter? progress = null, CancellationToken cancellation = default) =>
        new RecipeRunner(new RecipeRun
        {
            Model = Model, Output = this[output], Seed = 3, RecipeText = "moesaic: 1\n", Steps = [new("step", new JsonObject(), step)],
        }, progress ?? SilentProgress.Instance, cancellation: cancellation).Run()[0].Report;

    /// <summary>Stops a run after so many reports of a task, lets it go on, and compares with one that was never stopped.</summary>
    public void AssertGoesOnToTheSameBytes(Func<IStep> step, string task, params int[] stops)
    {
        var whole = Run("whole", step());
        foreach (var after in stops)
        {
            using (var stop = new CancellationTokenSource())
                Assert.Throws<OperationCanceledException>(() => Run($"parts{after}", step(), new StopAfter(task, after, stop), stop.Token));
            Assert.False(Directory.Exists(this[$"parts{after}"]));
            var report = Run($"parts{after}", step());
            Assert.Equal(File.ReadAllBytes(this["whole/model.safetensors"]), File.ReadAllBytes(this[$"parts{after}/model.safetensors"]));
            foreach (var (one, other) in whole.Tables.Zip(report.Tables)) Assert.Equal(one.Rows, other.Rows);
        }
    }

    public void Dispose() => folder.Dispose();
}
