using Moesaic.Cli.Chat;

namespace Moesaic.Cli.Tests.Chat;

public sealed class AnswerInterruptsTests : IDisposable
{
    readonly AnswerInterrupts interrupts;
    int hints;

    public AnswerInterruptsTests() => interrupts = new AnswerInterrupts(() => hints++);

    public void Dispose() => interrupts.Dispose();

    [Fact]
    public void The_first_stops_the_answer_and_only_that()
    {
        var first = interrupts.Begin();
        Assert.True(interrupts.Interrupt());
        Assert.True(first.IsCancellationRequested);
        interrupts.End();
        Assert.False(interrupts.Begin().IsCancellationRequested);
        Assert.Equal(0, hints);
    }

    [Fact]
    public void The_second_leaves_an_answer_that_does_not_stop()
    {
        interrupts.Begin();
        Assert.True(interrupts.Interrupt());
        Assert.False(interrupts.Interrupt());
    }

    [Fact]
    public void Between_answers_the_first_hints_and_the_second_leaves()
    {
        Assert.True(interrupts.Interrupt());
        Assert.Equal(1, hints);
        interrupts.Begin();
        interrupts.End();
        Assert.True(interrupts.Interrupt());        // an answer came between
        Assert.False(interrupts.Interrupt());
        Assert.Equal(2, hints);
    }
}
