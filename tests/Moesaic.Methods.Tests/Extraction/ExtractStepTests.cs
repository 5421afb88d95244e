using Moesaic.Formats;
using Moesaic.Methods.Extraction;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Extraction;

public sealed class ExtractStepTests : IDisposable
{
    static readonly int[] Tokens = TinyModel.Tokens(20);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static MixtureSpec Mixture(string kind) => kind switch
    {
        "renormalised" => new(TaskModel.Router, [8, 8, 8, 8]),
        "raw, scaled" => new(TaskModel.Router with { Weight = CombineWeight.Raw, Scale = 2.5f }, [8, 8, 8, 8]),
        "one" => new(TaskModel.Router with { Chosen = 1, Weight = CombineWeight.Raw }, [8, 8, 8, 8]),
        "three, uneven" => new(TaskModel.Router with { Chosen = 3 }, [8, 5, 13, 3]),
        "table, sigmoid" => new(TaskModel.Router with { KeyWidth = 0, Score = RouterScore.Table, Affinity = RouterAffinity.Sigmoid, SelectionBias = true }, [8, 8, 8, 8]),
        "relu" => new(TaskModel.Router with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive) }, [8, 8, 8, 8]),
        "shared" => new(TaskModel.Router, [8, 8, 8, 8], SharedWidth: 7),
        "gated" => new(TaskModel.Router, [8, 8, 8, 8], SharedWidth: 7) { SharedGate = SharedGate.Sigmoid },
        "mixed" => new(TaskModel.Router, [8, 8, 8, 8], SharedWidth: 7) { SharedGate = SharedGate.Mix },
        "gelu" => new(TaskModel.Router, [8, 8, 8, 8], SharedWidth: 7) { Activation = Activation.Gelu },
        "biased" => new(TaskModel.Router, [8, 8, 8, 8]) { ExpertBias = true, Clamp = new SwiGluClamp(0.5f, 1.7f) },
        "passing" => new(TaskModel.Router with { Weight = CombineWeight.Raw, PassThrough = true }, [8, 8, 8, 8]),
        "capacity" => new(TaskModel.Router with { Capacity = new CapacitySpec(1) }, [8, 8, 8, 8]),
        _ => throw new ArgumentException(kind, nameof(kind)),
    };

    StepReport Run(Model model, ExtractStepOptions options)
    {
        ModelFolder.Save(model, folder["whole"], new SaveOptions { Type = TensorType.F32 });
        Directory.CreateDirectory(folder["work"]);
        var step = new ExtractStep(options);
        var plan = step.Plan(new PlanContext { Model = ModelOutline.Read(folder["whole"]), Seed = 1, Threads = 1 });
        Assert.NotNull(plan.Model);
        return step.Run(new StepContext
        {
            InputFolder = folder["whole"], OutputFolder = folder["part"], WorkFolder = folder["work"], Seed = 1, Progress = SilentProgress.Instance,
        });
    }

    public static TheoryData<string, string, ExtractForm> Forms
    {
        get
        {
            var data = new TheoryData<string, string, ExtractForm>();
            foreach (var kind in (string[])["renormalised", "raw, scaled", "one", "three, uneven", "table, sigmoid", "relu", "shared", "gelu"])
                foreach (var task in TaskModel.Names)
                    foreach (var form in Enum.GetValues<ExtractForm>()) data.Add(kind, task, form);
            data.Add("gated", "prose", ExtractForm.Experts);
            data.Add("mixed", "prose", ExtractForm.Experts);
            data.Add("biased", "prose", ExtractForm.Experts);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_computes_what_the_whole_computes_for_the_task(string kind, string task, ExtractForm form)
    {
        using var model = TaskModel.Make(Mixture(kind));
        foreach (var parameter in model.Parameters.Where(p => p.IsVector && p.Role != ParameterRole.Norms))
            ModelInitialiser.FillNormal(parameter.Value.Span, new Random(3), 0.3);
        var number = Array.IndexOf(TaskModel.Names, task);
        Run(model, new ExtractStepOptions { Task = task, As = form });
        using var part = ModelFolder.Load(folder["part"]);
        Assert.Empty(part.Model.Spec.Tasks);
        var expected = TaskModel.Logits(model, Tokens, number);
        Assert.Equal(0, TinyModel.MaxDifference(expected, TaskModel.Logits(part.Model, Tokens, -1)), 1e-4 * expected.Max(Math.Abs));
        // The tasks differ, so that the one could not pass for the other.
        Assert.NotEqual(0, TinyModel.MaxDifference(expected, TaskModel.Logits(model, Tokens, (number + 1) % 3)), 1e-2);
    }

    [Fact]
    public void Experts_side_by_side_are_a_dense_layer_and_the_report_names_them()
    {
        using var model = TaskModel.Make(Mixture("renormalised"));
        var report = Run(model, new ExtractStepOptions { Task = "code" });
        var spec = ModelFolder.ReadSpec(folder["part"]);
        Assert.Equal(new DenseSpec(16), spec.Layers[1].FeedForward);
        Assert.Equal(model.Spec.Layers[0].FeedForward, spec.Layers[0].FeedForward);
        Assert.Equal(model.Spec.Layers[2].FeedForward, spec.Layers[2].FeedForward);
        Assert.Equal(["1", "3"], report.Tables[0].Rows.Select(r => r[0]));
        Assert.All(report.Tables[0].Rows, r => Assert.Equal(2, r[1].Split(' ').Length));
        Assert.True(report.Figures.Single(f => f.Key == "parameters").Value < report.Figures.Single(f => f.Key == "parameters_before").Value);
    }

    [Theory]
    [InlineData("gated", "as: experts")]
    [InlineData("mixed", "as: experts")]
    [InlineData("biased", "as: experts")]
    [InlineData("passing", "own input")]
    [InlineData("capacity", "other tokens")]
    public void What_has_no_dense_form_is_refused_with_the_reason(string kind, string reason)
    {
        using var model = TaskModel.Make(Mixture(kind));
        var e = Assert.Throws<BadModelException>(() => Run(model, new ExtractStepOptions { Task = "code" }));
        Assert.Contains("Layer 1", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_tasks_and_a_task_it_does_not_know_are_refused()
    {
        using var model = TaskModel.Make(Mixture("renormalised"));
        var unknown = Assert.Throws<BadRequestException>(() => Run(model, new ExtractStepOptions { Task = "poetry" }));
        Assert.Contains("code, prose, speech", unknown.Message, StringComparison.Ordinal);
        Directory.Delete(folder["whole"], recursive: true);
        using var dense = TinyModel.Dense();
        Assert.Contains("decides by task", Assert.Throws<BadModelException>(() => Run(dense, new ExtractStepOptions { Task = "code" })).Message, StringComparison.Ordinal);
    }
}
