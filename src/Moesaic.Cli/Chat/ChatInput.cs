using System.Text;
using System.Text.Json;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Chat;

/// <summary>What a line of the input asks for.</summary>
enum ChatAction
{
    Nothing,
    Ask,
    System,
    Reset,
    Save,
    Help,
    Quit,
}

/// <summary>A line of the input, understood.</summary>
/// <param name="Action">What it asks for.</param>
/// <param name="Text">The message, the system message or the file.</param>
readonly record struct ChatInput(ChatAction Action, string Text = "")
{
    public const string Help =
        "/system text  set the system message and start anew; without text there is none\n" +
        "/reset        forget the conversation\n" +
        "/save file    write the conversation as a line of JSON that train reads as data\n" +
        "/quit         leave; so does the end of the input\n" +
        "//text        a message that begins with /\n" +
        "Ctrl-C stops an answer.";

    static readonly string[] Commands = ["/system", "/reset", "/save", "/help", "/quit"];

    /// <summary>A line as people type it: a message, or a command.</summary>
    /// <exception cref="BadRequestException">There is no such command, or it lacks its file.</exception>
    public static ChatInput Typed(string line)
    {
        if (line.Trim().Length == 0) return new(ChatAction.Nothing);
        if (!line.StartsWith('/')) return new(ChatAction.Ask, line);
        if (line.StartsWith("//", StringComparison.Ordinal)) return new(ChatAction.Ask, line[1..]);
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (name, rest) = space < 0 ? (line.TrimEnd(), "") : (line[..space], line[space..].Trim());
        return name switch
        {
            "/system" => new(ChatAction.System, rest),
            "/save" when rest.Length > 0 => new(ChatAction.Save, rest),
            "/save" => throw new BadRequestException("/save needs the name of a file."),
            "/reset" => new(ChatAction.Reset),
            "/help" => new(ChatAction.Help),
            "/quit" => new(ChatAction.Quit),
            _ => throw new BadRequestException($"there is no command {name}{NearestName.Advice(name, Commands)}"),
        };
    }

    /// <summary>A line as programs write it: a message as JSON, role <c>user</c> (the default) or <c>system</c>.</summary>
    /// <exception cref="BadModelException">The line is no such object.</exception>
    public static ChatInput Json(string line, int number)
    {
        if (line.Trim().Length == 0) return new(ChatAction.Nothing);
        var where = $"standard input, line {number}";
        var message = StrictJson.ParseObject(Encoding.UTF8.GetBytes(line), where);
        string? role = "user", content = null;
        foreach (var property in message.EnumerateObject())
        {
            var value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
            if (property.Name == "role") role = value;
            else if (property.Name == "content") content = value;
            else throw new BadModelException($"{where}: unknown key '{property.Name}'; a message has role and content.");
        }
        return (role, content) switch
        {
            (_, null) => throw new BadModelException($"{where}: a message needs content, a text."),
            ("user", _) => new(ChatAction.Ask, content),
            ("system", _) => new(ChatAction.System, content),
            _ => throw new BadModelException($"{where}: the role must be \"user\" or \"system\"."),
        };
    }
}
