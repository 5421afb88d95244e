using System.Reflection;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Presets;

/// <summary>The published systems: the files of the folder Systems, which lie in the program.</summary>
static class PresetLibrary
{
    const string Prefix = "systems/", Suffix = ".yaml";

    static readonly Lazy<SortedDictionary<string, Preset>> all = new(ReadAll);

    /// <summary>Names with what they stand for, in alphabetical order.</summary>
    public static IReadOnlyDictionary<string, Preset> All => all.Value;

    /// <summary>A system by its name.</summary>
    /// <param name="name">As in a recipe.</param>
    /// <param name="origin">Where the name stands, for the message.</param>
    /// <exception cref="BadRequestException">There is none of that name; the message has the nearest.</exception>
    public static Preset Find(string name, string origin) => All.GetValueOrDefault(name)
        ?? throw new BadRequestException($"{origin}: unknown preset '{name}'{NearestName.Advice(name, [.. All.Keys])}");

    static SortedDictionary<string, Preset> ReadAll()
    {
        var program = Assembly.GetExecutingAssembly();
        var read = new SortedDictionary<string, Preset>(StringComparer.Ordinal);
        foreach (var resource in program.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var text = new StreamReader(program.GetManifestResourceStream(resource)!);
            read.Add(resource[Prefix.Length..^Suffix.Length], Read(text.ReadToEnd(), resource));
        }
        return read;
    }

    internal static Preset Read(string yaml, string file) => new OptionsBinder(new Dictionary<Type, Func<OptionsBinder, RecipeNode, string, object?>>
    {
        [typeof(PresetPart)] = Part,
    }).Bind<Preset>(YamlReader.Read(yaml, file));

    static object? Part(OptionsBinder binder, RecipeNode node, string path)
    {
        if (node is MapNode map) return new PresetPart(map);
        binder.Refuse(node, path, "settings of a step are a mapping");
        return null;
    }
}
