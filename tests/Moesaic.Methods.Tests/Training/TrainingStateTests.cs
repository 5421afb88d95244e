using Moesaic.Formats;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;

namespace Moesaic.Methods.Tests.Training;

public sealed class TrainingStateTests : IDisposable
{
    static readonly Dictionary<string, string> Notes = new() { ["log"] = "three steps" };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Saved(int steps)
    {
        using var model = TinyRun.Model();
        using var trainer = TinyRun.Trainer(model);
        for (var i = 0; i < steps; i++) trainer.Advance();
        TrainingState.Save(folder["state"], trainer, Notes);
        return folder["state"];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void A_killed_run_goes_on_to_the_same_bits(int killedAfter)
    {
        using var whole = TinyRun.Model();
        using var uninterrupted = TinyRun.Trainer(whole);
        var expected = TinyRun.Finish(uninterrupted);

        using var model = TinyRun.Model();
        // What the new process starts with is overwritten.
        model.Head.Dense.Span.Fill(9);
        using var trainer = TinyRun.Trainer(model);
        Assert.Equal("three steps", TrainingState.Restore(Saved(killedAfter), trainer)["log"]);
        Assert.Equal(killedAfter, trainer.Step);
        Assert.Equal(expected.Skip(killedAfter), TinyRun.Finish(trainer));
        Assert.Equal(TinyRun.Bits(whole), TinyRun.Bits(model));
        Assert.All(uninterrupted.Optimiser.State.Zip(trainer.Optimiser.State),
            pair => Assert.True(pair.First.Mean.Span.SequenceEqual(pair.Second.Mean.Span) && pair.First.Square.Span.SequenceEqual(pair.Second.Square.Span)));
    }

    [Fact]
    public void The_state_of_a_part_holds_the_moments_of_the_part()
    {
        using var model = TinyRun.Model();
        var options = TinyRun.Options with { Roles = new HashSet<Moesaic.Models.ParameterRole> { Moesaic.Models.ParameterRole.Router } };
        using var trainer = TinyRun.Trainer(model, options);
        trainer.Advance();
        TrainingState.Save(folder["router"], trainer, Notes);
        using (var store = TensorStore.Open(folder["router"]))
            Assert.Equal(["mean.model.layers.1.mlp.gate.weight"], store.Tensors.Select(t => t.Name).Where(n => n.StartsWith("mean.", StringComparison.Ordinal)));
        // A run that trains more needs more.
        using var all = TinyRun.Trainer(model);
        Assert.Contains("mean.", Assert.Throws<BadModelException>(() => TrainingState.Restore(folder["router"], all)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]      // another width
    [InlineData(0)]
    public void The_state_of_another_model_is_refused_and_nothing_changes(int shared)
    {
        var saved = Saved(2);
        using var other = TinyRun.Model(TinyRun.Spec(shared: shared));
        using var trainer = TinyRun.Trainer(other);
        var before = TinyRun.Bits(other);
        var message = Assert.Throws<BadModelException>(() => TrainingState.Restore(saved, trainer)).Message;
        Assert.Contains("shared_experts", message, StringComparison.Ordinal);
        Assert.Equal(before, TinyRun.Bits(other));
        Assert.Equal(0, trainer.Step);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void A_truncated_state_is_refused_and_nothing_changes(double kept)
    {
        var saved = Saved(2);
        var bytes = File.ReadAllBytes(saved);
        File.WriteAllBytes(saved, bytes[..(int)(bytes.Length * kept)]);
        using var model = TinyRun.Model();
        using var trainer = TinyRun.Trainer(model);
        var before = TinyRun.Bits(model);
        Assert.Throws<BadModelException>(() => TrainingState.Restore(saved, trainer));
        Assert.Equal(before, TinyRun.Bits(model));
    }

    [Fact]
    public void A_file_without_a_step_count_is_no_state()
    {
        using var model = TinyRun.Model();
        using var trainer = TinyRun.Trainer(model);
        SafetensorsWriter.Write(folder["weights"], model.Parameters.Select(p =>
            TensorSource.FromFloats(p.Name, TensorType.F32, [p.Value.Rows, p.Value.Columns], () => p.Value.Span.ToArray())));
        Assert.Contains("not a saved training state",
            Assert.Throws<BadModelException>(() => TrainingState.Restore(folder["weights"], trainer)).Message, StringComparison.Ordinal);
    }
}
