using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Construction;

public sealed class SplitStepTests
{
    const string Text = "the cat sat on the mat<|endoftext|>a dog ran to the tree and back<|endoftext|>birds sing in the morning when the sun is up";

    /// <summary>A dense model folder with a tokenizer, and text.</summary>
    sealed class Source : IDisposable
    {
        readonly TemporaryFolder folder = new();

        public Source(TensorType type = TensorType.F32)
        {
            File.WriteAllText(folder["text.txt"], Text);
            var tokenizer = ByteLevelBpeTrainer.Train([Text], new ByteLevelBpeOptions { VocabularySize = 270, SpecialTokens = ["<s>"], Eos = "<s>" });
            using var small = TinyModel.Dense();
            using var model = new Model(small.Spec with { VocabularySize = tokenizer.VocabularySize });
            ModelInitialiser.Randomise(model, 4, 0.3);
            ModelFolder.Save(model, folder["dense"], new SaveOptions { Type = type });
            tokenizer.Save(folder["dense"]);
        }

        public DataOptions Data => new() { Path = folder["text.txt"] };

        public string this[string name] => folder[name];

        public StepContext Context(string name, IProgressReporter? progress = null)
        {
            Directory.CreateDirectory(folder["work-" + name]);
            return new StepContext
            {
                InputFolder = folder["dense"],
                OutputFolder = folder[name],
                WorkFolder = folder["work-" + name],
                Seed = 3,
                Progress = progress ?? SilentProgress.Instance,
            };
        }

        public PlanContext PlanContext => new() { Model = ModelOutline.Read(folder["dense"]), Seed = 3, Threads = 2 };

        public void Dispose() => folder.Dispose();
    }

    [Theory]
    [InlineData(SplitMethod.Random, 8, 0, 2, "mixtral")]
    [InlineData(SplitMethod.TokenClusters, 4, 0, 2, "mixtral")]
    [InlineData(SplitMethod.TokenClusters, 3, 1, 1, "deepseek")]
    [InlineData(SplitMethod.DocumentClusters, 3, 0, 2, "mixtral")]
    [InlineData(SplitMethod.WeightClusters, 6, 0, 2, "mixtral")]
    [InlineData(SplitMethod.CoActivation, 4, 0, 2, "mixtral")]
    [InlineData(SplitMethod.CoActivation, 3, 1, 2, "deepseek")]
    [InlineData(SplitMethod.ActivationClusters, 5, 1, 2, "moesaic")]
    public void It_writes_a_checkpoint_with_its_plan(SplitMethod method, int experts, int shared, int chosen, string layout)
    {
        using var source = new Source();
        var step = new SplitStep(new SplitStepOptions
        {
            Experts = experts, Shared = shared, Chosen = chosen, Method = method, Calibration = source.Data, HeldOut = source.Data, Context = 16,
        });
        var planned = step.Plan(source.PlanContext);
        var report = step.Run(source.Context("out"));

        Assert.Contains($"written as {layout}", planned.Summary, StringComparison.Ordinal);
        Assert.Equal(["calibration", "held_out"], planned.Inputs.Select(i => i.Name));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(source["out"], "config.json")))!;
        Assert.Equal(layout, (string?)config["model_type"]);
        Assert.Equal(planned.Model!.Config["intermediate_size"]?.ToJsonString(), config["intermediate_size"]?.ToJsonString());
        Assert.True(File.Exists(Path.Combine(source["out"], "tokenizer.json")));
        Assert.InRange(report.Figures.Single(f => f.Key == "read_back_difference").Value, 0, 1e-4);
        Assert.NotEqual(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value, 1e-3);
        Assert.All(report.Tables, table => Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Count)));
        Assert.Contains("calibrated on", string.Concat(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_given_back_makes_the_same_checkpoint_without_data()
    {
        using var source = new Source();
        new SplitStep(new SplitStepOptions { Experts = 4, Calibration = source.Data, Context = 16 }).Run(source.Context("one"));
        var plan = Path.Combine(source["one"], SplitPlan.FileName);
        new SplitStep(new SplitStepOptions { Plan = plan, Context = 16 }).Run(source.Context("two"));
        foreach (var file in Directory.GetFiles(source["one"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(source["two"], Path.GetFileName(file))));
    }

    [Fact]
    public void A_plan_left_by_a_killed_run_is_taken_up()
    {
        using var source = new Source();
        var options = new SplitStepOptions { Experts = 4, Calibration = source.Data, Context = 16 };
        new SplitStep(options).Run(source.Context("whole"));
        var context = source.Context("resumed");
        File.Copy(Path.Combine(source["work-whole"], SplitPlan.FileName), Path.Combine(context.WorkFolder, SplitPlan.FileName));
        new SplitStep(options with { Calibration = options.Calibration! with { Path = source["gone.txt"] } }).Run(context);
        Assert.Equal(File.ReadAllBytes(Path.Combine(source["whole"], "model.safetensors")), File.ReadAllBytes(Path.Combine(source["resumed"], "model.safetensors")));
    }

    /// <summary>CMoE untrained with all experts chosen and no scale: every neuron counts once, as in the dense model.</summary>
    [Fact]
    public void Activation_clusters_with_all_chosen_are_the_dense_model()
    {
        using var source = new Source();
        var report = new SplitStep(new SplitStepOptions
        {
            Method = SplitMethod.ActivationClusters, Experts = 3, Shared = 1, Chosen = 3, Scale = 1, Calibration = source.Data, HeldOut = source.Data, Context = 16,
        }).Run(source.Context("out"));
        Assert.Equal(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value, 1e-5);
        using var loaded = ModelFolder.Load(source["out"]);
        Assert.All(loaded.Model.Mixtures, m => Assert.Equal((RouterScore.Swiglu, CombineWeight.One), (m.Router.Spec.Score, m.Router.Spec.Weight)));
        foreach (var row in Enumerable.Range(0, 3)) Assert.Equal(1, loaded.Model.Mixtures.First().Router.Weight.Dense.Row(row).ToArray().Sum(v => v * v), 1e-5);
    }

    [Fact]
    public void Overlapping_experts_are_written_with_their_coverage()
    {
        using var source = new Source();
        var report = new SplitStep(new SplitStepOptions { Method = SplitMethod.TokenClusters, Experts = 4, Overlap = true, Calibration = source.Data, Context = 16 }).Run(source.Context("out"));
        var table = report.Tables.Single(t => t.Title == "Split");
        var coverage = double.Parse(table.Rows[0][table.Columns.ToList().IndexOf("coverage (%)")], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(coverage, 25, 99.9);
        Assert.All(SplitPlan.Load(Path.Combine(source["out"], SplitPlan.FileName)).Layers, l => Assert.True(l.Overlapping));
    }

    [Fact]
    public void Sixteen_bits_stay_sixteen_bits()
    {
        using var source = new Source(TensorType.BF16);
        new SplitStep(new SplitStepOptions { Method = SplitMethod.Random, Scale = 4 }).Run(source.Context("out"));
        using var loaded = ModelFolder.Load(source["out"]);
        Assert.Equal(TensorType.BF16, loaded.StoredType);
    }

    [Fact]
    public void A_plan_of_an_earlier_run_is_told_of_once()
    {
        using var source = new Source();
        var options = new SplitStepOptions
        {
            Experts = 4, Method = SplitMethod.Random, Context = 16, Calibration = source.Data, HeldOut = source.Data with { Tokens = 100_000 },
        };
        var first = new SplitStep(options).Run(source.Context("first"));
        var again = source.Context("again");
        File.Copy(Path.Combine(source["work-first"], SplitPlan.FileName), Path.Combine(again.WorkFolder, SplitPlan.FileName));
        Assert.Contains(first.Notes, n => n.Contains("fewer than the 100000 asked for", StringComparison.Ordinal));
        Assert.Equal(first.Notes, new SplitStep(options).Run(again).Notes);
    }

    [Fact]
    public void What_cannot_work_is_refused_before_weights_are_read()
    {
        using var source = new Source();
        Refused("cannot learn", new() { Experts = 4, Chosen = 1, Weight = CombineWeight.Renormalised, Calibration = source.Data });
        Refused("4 experts per token of 3", new() { Experts = 3, Chosen = 4, Calibration = source.Data });
        Refused("calibration text is needed", new() { Method = SplitMethod.Random });
        Refused("leave shared out", new() { Method = SplitMethod.WeightClusters, Experts = 3, Shared = 1, Calibration = source.Data });
        Refused("needs the method activation_clusters", new() { Router = RouterStart.Representatives, Calibration = source.Data });
        Refused("starts from representatives", new() { Score = RouterScore.Swiglu, Calibration = source.Data });
        Refused("let experts overlap", new() { Method = SplitMethod.CoActivation, Overlap = true, Calibration = source.Data });
        Refused("graph has settings that only method co_activation uses", new() { Method = SplitMethod.TokenClusters, Graph = new() { Neighbours = 3 }, Calibration = source.Data });
        Refused("importance has settings that only method token_clusters or document_clusters uses",
            new() { Method = SplitMethod.ActivationClusters, Importance = new() { Normalise = false }, Calibration = source.Data });
        Refused("router_training has settings that only router trained uses", new() { RouterTraining = new() { Epochs = 3 }, Calibration = source.Data });
        Refused("need experts in groups", new() { Weight = CombineWeight.RenormalisedByLevel, Calibration = source.Data });
        Refused("do not divide", new() { Experts = 7, Calibration = source.Data });
        Refused("leave none", new() { DenseFirst = 1, DenseLast = 1, Calibration = source.Data });
        Refused("longer than the model's", new() { Context = 65, Calibration = source.Data });
        Refused("cannot be read", new() { Plan = source["missing.json"] });

        void Refused(string message, SplitStepOptions options) => Assert.Contains(message, Assert.Throws<BadRequestException>(() =>
            new SplitStep(options.Context == 256 ? options with { Context = 16 } : options).Plan(source.PlanContext)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_router_that_cannot_learn_is_made_when_asked_for_and_warned_of()
    {
        using var source = new Source();
        var progress = new RecordingReporter();
        var report = new SplitStep(new SplitStepOptions
        {
            Experts = 3, Shared = 1, Chosen = 1, Weight = CombineWeight.Renormalised, AllowUnreachableRouter = true, DenseFirst = 1,
            Calibration = source.Data, Context = 16,
        }).Run(source.Context("out", progress));
        Assert.Contains(progress.Warnings, line => line.Contains("no gradient", StringComparison.Ordinal));
        Assert.Contains("1 layers into 3 experts of width 6 beside a shared one of width 6, 1 chosen", report.Summary, StringComparison.Ordinal);
    }
}
