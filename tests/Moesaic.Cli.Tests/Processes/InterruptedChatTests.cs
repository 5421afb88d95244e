using System.Runtime.InteropServices;

namespace Moesaic.Cli.Tests.Processes;

public sealed class InterruptedChatTests
{
    [Fact]
    public async Task An_interrupt_stops_the_answer_and_not_the_conversation()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("processes are sent signals as on Unix");
        // The end of a turn (token 4093) is forbidden: an answer is as long as the context.
        using var chat = ToolProcess.Start("chat", ShippedModel(), "--json", "--max-tokens", "0", "--logit-bias", "4093=-inf");
        await chat.Say("""{"content": "Hello"}""");
        await chat.LineWith("\"text\"");
        chat.Signal(PosixSignal.SIGINT);
        await chat.LineWith("stopped");
        await chat.Say("""{"content": "Hello again"}""");
        await chat.LineWith("\"text\"");
        chat.Signal(PosixSignal.SIGINT);
        await chat.LineWith("stopped");
        chat.Signal(PosixSignal.SIGINT);
        await chat.LineWith("Ctrl-C again");
        chat.Signal(PosixSignal.SIGINT);
        Assert.Equal(130, await chat.ExitCode());
    }

    [Fact]
    public async Task The_end_of_the_input_ends_the_conversation()
    {
        using var chat = ToolProcess.Start("chat", ShippedModel(), "--json", "--max-tokens", "4");
        await chat.Say("""{"content": "Hello"}""");
        await chat.LineWith("finished: length");
        await chat.Say("""{"content": "Write the name of a class"}""");
        await chat.LineWith("finished: length");
        chat.EndInput();
        Assert.Equal(0, await chat.ExitCode());
    }

    static string ShippedModel([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "models", "demo"));
}
