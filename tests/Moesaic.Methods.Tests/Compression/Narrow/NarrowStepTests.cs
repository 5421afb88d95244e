using Moesaic.Formats;
using Moesaic.Methods.Compression.Narrow;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Compression.Narrow;

public sealed class NarrowStepTests : IDisposable
{
    const string Text = "the cat sat on the mat<|endoftext|>a dog ran to the tree and back<|endoftext|>birds sing in the morning when the sun is up";

    readonly TemporaryFolder folder = new();

    public NarrowStepTests()
    {
        File.WriteAllText(folder["text.txt"], Text);
        var tokenizer = ByteLevelBpeTrainer.Train([Text], new ByteLevelBpeOptions { VocabularySize = 270, SpecialTokens = ["<s>"], Eos = "<s>" });
        using var small = TinyModel.Dense();
        using var model = new Model(small.Spec with { VocabularySize = tokenizer.VocabularySize });
        ModelInitialiser.Randomise(model, 4, 0.3);
        ModelFolder.Save(model, folder["dense"], new SaveOptions { Type = TensorType.F32 });
        tokenizer.Save(folder["dense"]);
    }

    public void Dispose() => folder.Dispose();

    DataOptions Data => new() { Path = folder["text.txt"] };

    StepReport Run(NarrowStepOptions options, string name)
    {
        Directory.CreateDirectory(folder["work"]);
        return new NarrowStep(options with { Context = 16 }).Run(new StepContext
        {
            InputFolder = folder["dense"], OutputFolder = folder[name], WorkFolder = folder["work"], Seed = 3, Progress = SilentProgress.Instance,
        });
    }

    [Theory]
    [InlineData(NarrowMethod.Importance)]
    [InlineData(NarrowMethod.Random)]
    public void With_all_neurons_kept_it_is_the_same_file(NarrowMethod method)
    {
        Run(new NarrowStepOptions { Width = 24, Method = method, Calibration = Data }, "all");
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["dense"], "model.safetensors")), File.ReadAllBytes(Path.Combine(folder["all"], "model.safetensors")));
    }

    /// <summary>A neuron whose weights are zero is the first to go, and nothing is lost with it.</summary>
    [Fact]
    public void Neurons_that_do_nothing_go_first()
    {
        using (var loaded = ModelFolder.Load(folder["dense"]))
        {
            foreach (var layer in new[] { 0, 1 })
                foreach (var neuron in new[] { 3, 7, 20 })
                    loaded.Model[$"model.layers.{layer}.mlp.up_proj.weight"].Row(neuron).Clear();
            ModelFolder.Save(loaded.Model, folder["dense"] + "2", new SaveOptions { Type = TensorType.F32, SideFilesFrom = folder["dense"] });
        }
        Directory.Delete(folder["dense"], recursive: true);
        Directory.Move(folder["dense"] + "2", folder["dense"]);
        var report = Run(new NarrowStepOptions { Width = 21, Calibration = Data, HeldOut = Data }, "narrow");
        Assert.Equal(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value, 1e-5);
        using var narrow = ModelFolder.Load(folder["narrow"]);
        Assert.All(narrow.Model.Spec.Layers, l => Assert.Equal(new DenseSpec(21), l.FeedForward));
        Assert.Contains("[0,1,2,4,5,6,8,", File.ReadAllText(Path.Combine(folder["narrow"], NarrowPlan.FileName)), StringComparison.Ordinal);
        var least = Run(new NarrowStepOptions { Width = 3, Calibration = Data, Importance = new ImportanceOptions { Criterion = ImportanceCriterion.Min } }, "least");
        Assert.Contains("[[3,7,20],[3,7,20]]", File.ReadAllText(Path.Combine(folder["least"], NarrowPlan.FileName)), StringComparison.Ordinal);
        Assert.Contains("2 layers to 3 of 24 neurons", least.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_foresees_the_model_and_refuses_what_cannot_be()
    {
        var context = new PlanContext { Model = ModelOutline.Read(folder["dense"]), Seed = 1, Threads = 2 };
        var plan = new NarrowStep(new NarrowStepOptions { Width = 10, Method = NarrowMethod.Random, Context = 16 }).Plan(context);
        Assert.Equal(10, (int)plan.Model!.Config["intermediate_size"]!);
        Assert.Contains("written as llama", plan.Summary, StringComparison.Ordinal);
        Assert.Contains("cannot keep 25", Assert.Throws<BadRequestException>(() =>
            new NarrowStep(new NarrowStepOptions { Width = 25, Method = NarrowMethod.Random, Context = 16 }).Plan(context)).Message, StringComparison.Ordinal);
        Assert.Contains("needs calibration text", Assert.Throws<BadRequestException>(() =>
            new NarrowStep(new NarrowStepOptions { Width = 10, Context = 16 }).Plan(context)).Message, StringComparison.Ordinal);
    }
}
