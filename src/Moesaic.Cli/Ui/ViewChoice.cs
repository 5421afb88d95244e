using Spectre.Console;

namespace Moesaic.Cli.Ui;

/// <summary>Which view fits the options and what standard output and error are connected to.</summary>
static class ViewChoice
{
    /// <summary>Wide enough that a table in a file or pipe is never wrapped.</summary>
    const int PlainWidth = 10_000;

    public static IView For(bool json, bool plain)
    {
        if (json) return new JsonView(Console.Out, Console.Error, TimeProvider.System);
        var dumb = plain || Environment.GetEnvironmentVariable("TERM") is "dumb";
        var (output, error) = (dumb || Console.IsOutputRedirected, dumb || Console.IsErrorRedirected);
        return For(Console.Out, Console.Error, plainOutput: output, plainError: error, TimeProvider.System);
    }

    public static IView For(TextWriter output, TextWriter error, bool plainOutput, bool plainError, TimeProvider time)
    {
        var console = On(error, plainError);
        IProgressDisplay display = plainError ? new PlainDisplay(error) : new LiveDisplay(console);
        return new ConsoleView(On(output, plainOutput), console, display, time, plainOutput);
    }

    static IAnsiConsole On(TextWriter writer, bool plain)
    {
        // NO_COLOR (no-color.org) takes the colours away and leaves the running line.
        var colourless = plain || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = colourless ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        if (plain) console.Profile.Width = PlainWidth;
        return console;
    }
}
