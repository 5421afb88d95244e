using System.CommandLine;
using System.Reflection;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>
/// The keys of an options record as command line options: learning_rate is --learning-rate, calibration.tokens is
/// --calibration-tokens. Lists take their items with commas. What has no short form is reached by --set.
/// </summary>
sealed class StepFlags
{
    static readonly string[] Taken = ["--json", "--plain", "--verbose", "--threads", "--help", "--version"];

    readonly List<(Option<string?> Option, string Path, bool List)> flags = [];

    public StepFlags(Type options) => Collect(options, "");

    public void AddTo(Command command)
    {
        foreach (var (option, path, _) in flags)
        {
            if (Taken.Contains(option.Name) || command.Options.Any(o => o.Name == option.Name))
                throw new InvalidOperationException($"key {path} of {command.Name} collides with the option {option.Name}");
            command.Add(option);
        }
    }

    /// <summary>What was given, as the node of a recipe's step.</summary>
    public MapNode Values(ParseResult parsed, string verb)
    {
        var root = new MapNode(verb);
        foreach (var (option, path, list) in flags)
        {
            if (parsed.GetValue(option) is not { } text) continue;
            var origin = $"{option.Name} {text}";
            RecipeNode value = !list ? new ScalarNode(origin, text, plain: true)
                : YamlReader.ReadValue(text.StartsWith('[') ? text : $"[{text}]", origin);
            RecipeOverrides.Set(root, path, value, origin);
        }
        return root;
    }

    // Of a record that may be left out, nothing is needed by itself.
    void Collect(Type options, string path, string? except = null, bool mayBeAbsent = false)
    {
        foreach (var key in OptionKey.Of(options).Where(k => k.Property.Name != except))
        {
            var (at, element) = (path + key.Name, OptionKey.ElementOf(key.Type));
            if (IsScalar(element ?? key.Type))
                Add(key, at, at, element is not null, mayBeAbsent);
            else if ((element ?? key.Type).GetCustomAttribute<ShorthandAttribute>() is { Property: var shorthand })
            {
                // --data a.txt is data.path; the other keys of the record follow as --data-tokens.
                Add(key, at, element is null ? $"{at}.{SnakeCase.Of(shorthand)}" : at, element is not null, mayBeAbsent);
                if (element is null) Collect(key.Type, at + ".", shorthand, mayBeAbsent || key.MayBeNull);
            }
            else if (element is null && OptionKey.IsRecord(key.Type))
                Collect(key.Type, at + ".", mayBeAbsent: mayBeAbsent || key.MayBeNull);
        }
    }

    void Add(OptionKey key, string flag, string path, bool list, bool mayBeAbsent)
    {
        var name = "--" + flag.Replace('.', '-').Replace('_', '-');
        var summary = OptionDocs.Summary(key.Property);
        var choices = OptionKey.ElementOf(key.Type) ?? key.Type;
        flags.Add((new Option<string?>(name)
        {
            Description = key.Required && !mayBeAbsent ? $"{summary} (needed)" : summary,
            HelpName = choices.IsEnum ? string.Join('|', ScalarText.Choices(choices))
                : key.Unit ?? (list ? "a,b" : "value"),
        }, path, list));
    }

    static bool IsScalar(Type type) =>
        !OptionKey.IsRecord(type) && OptionKey.ValueOf(type) is null && OptionKey.ElementOf(type) is null;
}
