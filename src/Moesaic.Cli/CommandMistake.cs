using System.CommandLine;
using Moesaic.Cli.Recipes;

namespace Moesaic.Cli;

/// <summary>What is wrong with a command line, in words, with the nearest right name.</summary>
static class CommandMistake
{
    public static string Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var lines = parsed.UnmatchedTokens.Select(token => Unknown(token, command)).ToList();
        if (lines.Count == 0) lines.AddRange(parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal));
        return $"{string.Join('\n', lines)}\nSee {string.Join(' ', Path(command).Reverse())} --help.";
    }

    static string Unknown(string token, Command command)
    {
        var option = token.StartsWith('-');
        var known = option
            ? command.Options.Concat(command.Parents.OfType<Command>().SelectMany(p => p.Options).Where(o => o.Recursive))
                .Select(o => o.Name)
            : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
        var what = option ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return $"unknown {what} '{token}'" + (NearestName.Of(token, known) is { } nearest ? $"; did you mean '{nearest}'?" : "");
    }

    static IEnumerable<string> Path(Symbol symbol) =>
        symbol is RootCommand ? ["moesaic"] : [symbol.Name, .. symbol.Parents.Take(1).SelectMany(Path)];
}
