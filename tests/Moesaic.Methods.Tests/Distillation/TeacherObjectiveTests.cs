using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Distillation;
using Moesaic.Methods.Tests.Training;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Distillation;

public sealed class TeacherObjectiveTests
{
    // The objectives on the router do not halve with the loss.
    static readonly TrainingOptions Options = TinyRun.Options with { LoadBalance = 0, ZLoss = 0, Optimiser = new() { ClipNorm = 0 } };

    static Model Other()
    {
        var model = new Model(TinyRun.Spec(shared: 0));
        ModelInitialiser.Randomise(model, seed: 9, deviation: 0.4);
        return model;
    }

    static Trainer Taught(Model model, TeacherObjective objective) => new(model, TinyRun.Batches(), Options, objective);

    [Theory]
    [InlineData(DivergenceKind.ForwardKl, null)]
    [InlineData(DivergenceKind.ReverseKl, 3)]
    public void Taught_by_itself_the_gradient_is_that_of_the_text_to_the_bit(DivergenceKind kind, int? top)
    {
        using var plain = TinyRun.Model();
        using var usual = new Trainer(plain, TinyRun.Batches(), Options);
        using var model = TinyRun.Model();
        using var objective = new TeacherObjective(TinyRun.Model(), new() { Teacher = "", Weight = 0.5, Temperature = 2, Kind = kind, Top = top });
        using var taught = Taught(model, objective);
        var (expected, found) = (usual.Advance(), taught.Advance());
        Assert.Equal(0, found.Divergence);
        Assert.Null(expected.Divergence);
        Assert.Equal(expected.Loss, found.Loss);
        Assert.Equal(expected.GradientNorm / 2, found.GradientNorm);
        // A half is exact: the means of the gradients after one step are halves to the bit.
        foreach (var (whole, half) in usual.Optimiser.State.Zip(taught.Optimiser.State))
            Assert.Equal(whole.Mean.Span.ToArray().Select(m => m / 2), half.Mean.Span.ToArray());
    }

    [Fact]
    public void A_student_of_the_same_shape_becomes_its_teacher()
    {
        // From the teacher's predictions alone; the text only says where.
        using var model = TinyRun.Model(TinyRun.Spec(shared: 0));
        using var objective = new TeacherObjective(Other(), new() { Teacher = "", Weight = 1 });
        using var trainer = new Trainer(model, TinyRun.Batches(rows: 16), Options with { Steps = 150, LearningRate = 0.02f, RowsPerPass = 16 }, objective);
        var steps = TinyRun.Finish(trainer);
        Assert.True(steps[^1].Divergence < steps[0].Divergence / 20, $"{steps[0].Divergence} became {steps[^1].Divergence}");
    }

    [Fact]
    public void Rows_in_several_passes_and_threads_make_no_difference()
    {
        var before = WorkerTeam.Threads;
        var runs = new List<(List<TrainingStep> Steps, int[] Bits)>();
        foreach (var threads in new[] { 1, 3 })
        {
            WorkerTeam.Threads = threads;
            using var model = TinyRun.Model();
            using var objective = new TeacherObjective(Other(), new() { Teacher = "", Temperature = 1.5, Kind = DivergenceKind.ReverseKl });
            using var trainer = Taught(model, objective);
            runs.Add((TinyRun.Finish(trainer), TinyRun.Bits(model)));
        }
        WorkerTeam.Threads = before;
        Assert.Equal(runs[0].Steps, runs[1].Steps);
        Assert.Equal(runs[0].Bits, runs[1].Bits);

        using var whole = TinyRun.Model();
        using var same = new TeacherObjective(Other(), new() { Teacher = "", Temperature = 1.5, Kind = DivergenceKind.ReverseKl });
        using var atOnce = new Trainer(whole, TinyRun.Batches(), Options with { RowsPerPass = 6 }, same);
        var first = atOnce.Advance();
        Assert.Equal(runs[0].Steps[0].Divergence!.Value, first.Divergence!.Value, 1e-6);
        Assert.Equal(runs[0].Steps[0].GradientNorm, first.GradientNorm, 1e-4);
    }

    [Fact]
    public void A_teacher_that_does_not_fit_is_refused_by_its_shape()
    {
        var spec = TinyRun.Spec();
        Assert.Contains("predicts 9 tokens", Assert.Throws<BadRequestException>(() =>
            TeacherObjective.Check(spec, spec with { VocabularySize = 9 }, 16, "parent")).Message, StringComparison.Ordinal);
        Assert.Contains("longer than the 8", Assert.Throws<BadRequestException>(() =>
            TeacherObjective.Check(spec, spec with { MaxPositions = 8 }, 16, "parent")).Message, StringComparison.Ordinal);
    }
}
