using System.CommandLine;
using System.CommandLine.Help;
using Moesaic.Cli.Recipes;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Kernels;

namespace Moesaic.Cli;

/// <summary>The command line as a whole: global options, the way from an exception to an exit code, help with examples.</summary>
/// <param name="verbs">The commands, in the order of the help.</param>
/// <param name="views">Makes the view for --json and --plain.</param>
sealed class App(IReadOnlyList<Verb> verbs, Func<bool, bool, IView> views)
{
    static readonly Option<bool> Json = Switch("--json", "Everything as JSON Lines on standard output");
    static readonly Option<bool> Plain = Switch("--plain", "No colours, no rewritten lines, no lines around tables");
    static readonly Option<bool> Verbose = Switch("--verbose", "For a defect, show where it happened");
    static readonly Option<string?> Threads = new("--threads")
    {
        Description = "Threads to compute with [default: one per logical processor]", HelpName = "n", Recursive = true,
    };

    static Option<bool> Switch(string name, string description) => new(name) { Description = description, Recursive = true };

    public int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        var root = Build();
        // A leading @ means nothing special: prompts may start with it.
        var parsed = root.Parse(args.Count == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0) return Refuse(parsed);
        return parsed.Invoke(new InvocationConfiguration
        {
            Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
        });
    }

    RootCommand Build()
    {
        var root = new RootCommand("Turns language models into mixtures of experts, trains, measures and runs them on a CPU.")
        {
            HelpName = "moesaic",
        };
        foreach (var option in new Option[] { Json, Plain, Verbose, Threads }) root.Add(option);
        foreach (var verb in verbs)
        {
            verb.SetAction(parsed => Execute(verb, parsed));
            root.Add(verb);
        }
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    int Refuse(ParseResult parsed)
    {
        views(IsOn(Json), IsOn(Plain)).Error(CommandMistake.Describe(parsed), ExitCode.BadRequest);
        return ExitCode.BadRequest;

        // The option itself may be what is wrong; its value must not be asked for then.
        bool IsOn(Option<bool> option) =>
            parsed.GetResult(option) is { } result && !result.Errors.Any() && result.GetValueOrDefault<bool>();
    }

    int Execute(Verb verb, ParseResult parsed)
    {
        var view = views(parsed.GetValue(Json), parsed.GetValue(Plain));
        using var signals = new StopSignals(() => view.Note("stopping after saving; Ctrl-C again stops at once"));
        try
        {
            if (parsed.GetValue(Threads) is { } threads) WorkerTeam.Threads = ScalarText.Parse<int>("--threads", threads);
            verb.Run(parsed, new Session(view, signals, parsed.GetValue(Json)));
            return ExitCode.Success;
        }
        catch (Exception e)
        {
            var failure = Failure.Of(e, signals.Token.IsCancellationRequested, parsed.GetValue(Verbose));
            view.Error(failure.Message, failure.ExitCode);
            return failure.ExitCode;
        }
    }
}
