using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Moesaic.Cli.Verbs;

/// <summary>The usual help, then command lines to copy.</summary>
sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <summary>Who asks for help is not told what is missing.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not Verb { Examples.Count: > 0 } verb) return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in verb.Examples) output.WriteLine($"  moesaic {example}");
        output.WriteLine();
        return code;
    }
}
