using Moesaic.Formats;
using Moesaic.Methods.Alignment;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Alignment;

public sealed class AlignStepTests : IDisposable
{
    const string Text = "the cat sat on the mat<|endoftext|>a dog ran to the tree and back<|endoftext|>birds sing in the morning when the sun is up";

    readonly TemporaryFolder folder = new();

    public AlignStepTests()
    {
        File.WriteAllText(folder["text.txt"], Text);
        var tokenizer = ByteLevelBpeTrainer.Train([Text], new ByteLevelBpeOptions { VocabularySize = 270, SpecialTokens = ["<s>"], Eos = "<s>" });
        using var small = TinyModel.Dense();
        using var dense = new Model(small.Spec with { VocabularySize = tokenizer.VocabularySize });
        ModelInitialiser.Randomise(dense, 4, 0.3);
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, 4, 0, 2, scale: 2));
        foreach (var (name, model) in new[] { ("dense", dense), ("split", mixture) })
        {
            ModelFolder.Save(model, folder[name], new SaveOptions { Type = TensorType.F32 });
            tokenizer.Save(folder[name]);
        }
    }

    public void Dispose() => folder.Dispose();

    AlignStepOptions Options => new()
    {
        Parent = folder["dense"], Calibration = new DataOptions { Path = folder["text.txt"] }, HeldOut = new DataOptions { Path = folder["text.txt"] }, Context = 16,
    };

    [Theory]
    [InlineData(false, "mixtral")]
    [InlineData(true, "moesaic")]
    public void It_writes_an_aligned_checkpoint(bool bias, string layout)
    {
        var step = new AlignStep(Options with { Bias = bias });
        var planned = step.Plan(new PlanContext { Model = ModelOutline.Read(folder["split"]), Seed = 3, Threads = 2 });
        Directory.CreateDirectory(folder["work"]);
        var report = step.Run(new StepContext
        {
            InputFolder = folder["split"], OutputFolder = folder["out"], WorkFolder = folder["work"], Seed = 3, Progress = SilentProgress.Instance,
        });
        Assert.Contains($"written as {layout}", planned.Summary, StringComparison.Ordinal);
        Assert.Equal(["parent", "calibration", "held_out"], planned.Inputs.Select(i => i.Name));
        using var written = ModelFolder.Load(folder["out"]);
        Assert.Equal(layout, written.Layout);
        Assert.Equal(4, Assert.Single(report.Tables).Rows.Count);
        Assert.NotEqual(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value, 1e-4);
    }

    [Fact]
    public void A_parent_of_another_shape_is_refused()
    {
        using var other = TinyModel.Dense(layers: 3);
        ModelFolder.Save(other, folder["other"], new SaveOptions { Type = TensorType.F32 });
        Assert.Contains("cannot be the parent", Assert.Throws<BadRequestException>(() => new AlignStep(Options with { Parent = folder["other"] })
            .Plan(new PlanContext { Model = ModelOutline.Read(folder["split"]), Seed = 3, Threads = 2 })).Message, StringComparison.Ordinal);
    }
}
