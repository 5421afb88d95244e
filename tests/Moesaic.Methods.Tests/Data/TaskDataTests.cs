using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Data;

public sealed class TaskDataTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TaskDataTests() => File.WriteAllText(folder["a.txt"], "one<|endoftext|>two");

    public void Dispose() => folder.Dispose();

    TextData Read(string? task, params string[] known) =>
        TextData.Read(new DataOptions { Path = folder["a.txt"], Task = task }, CorpusSplit.Train, new TextDataTests.ByteTokenizer(), seed: 1, tasks: known);

    [Fact]
    public void A_text_has_the_number_of_its_task()
    {
        Assert.All(Read("b", "a", "b").Samples, s => Assert.Equal(1, s.Task));
        Assert.All(Read(null).Samples, s => Assert.Equal(-1, s.Task));
    }

    [Theory]
    [InlineData(null, "no task is named")]
    [InlineData("c", "no task c")]
    public void A_missing_or_unknown_task_is_refused_with_those_there_are(string? task, string message)
    {
        var e = Assert.Throws<BadRequestException>(() => Read(task, "a", "b"));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("a, b", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_for_a_model_without_tasks_is_refused() => Assert.Throws<BadRequestException>(() => Read("a"));

    [Fact]
    public void Every_token_of_a_pass_has_the_task_of_its_text()
    {
        // A row of two texts and one of padding, in whatever order they are packed.
        var data = PackedDataset.Pack([new([1, 1, 1, 1], null) { Task = 1 }, new([2, 2, 2], null) { Task = 2 }], 6);
        var input = PassInputs.Of(data.Batch([0], padId: 0), 0, 1);
        Assert.Equal(input.Tokens.ToArray(), input.Tasks.ToArray());
        Assert.Empty(PassInputs.Of(PackedDataset.Pack([new([1, 1, 1, 1], null)], 6).Batch([0], 0), 0, 1).Tasks.ToArray());
    }
}
