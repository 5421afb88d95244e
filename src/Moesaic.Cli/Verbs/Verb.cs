using System.CommandLine;

namespace Moesaic.Cli.Verbs;

/// <summary>A command. It reads its options, calls what does the work, and tells the view; it renders nothing itself.</summary>
abstract class Verb(string name, string description) : Command(name, description)
{
    /// <summary>Command lines for the end of --help, without the name of the tool.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    public abstract void Run(ParseResult parsed, Session session);
}
