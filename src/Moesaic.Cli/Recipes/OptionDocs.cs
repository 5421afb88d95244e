using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Moesaic.Cli.Recipes;

/// <summary>
/// The docstrings of options, from the XML files that stand beside the assemblies: one source for the help, the page of
/// recipe keys and who reads the code.
/// </summary>
static partial class OptionDocs
{
    static readonly ConcurrentDictionary<string, Dictionary<string, XElement>> Files = new(StringComparer.Ordinal);

    /// <summary>The summary in one line; names of options in it are spelled as in recipes. Empty when there is none.</summary>
    public static string Summary(MemberInfo member)
    {
        var type = member as Type ?? member.DeclaringType!;
        var prefix = member switch { Type => "T:", FieldInfo => "F:", _ => "P:" };
        var id = prefix + type.FullName!.Replace('+', '.') + (member is Type ? "" : "." + member.Name);
        var members = Files.GetOrAdd(type.Assembly.GetName().Name!, Load);
        return members.TryGetValue(id, out var summary) ? Spaces().Replace(Words(summary), " ").Trim() : "";
    }

    static Dictionary<string, XElement> Load(string assembly)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly + ".xml");
        if (!File.Exists(path)) return [];
        return XDocument.Load(path).Descendants("member").Where(m => m.Element("summary") is not null)
            .DistinctBy(m => m.Attribute("name")!.Value, StringComparer.Ordinal)
            .ToDictionary(m => m.Attribute("name")!.Value, m => m.Element("summary")!, StringComparer.Ordinal);
    }

    static string Words(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } link => Named(link),
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement inner => Words(inner),
        _ => "",
    }));

    static string Named(XElement link)
    {
        var target = (link.Attribute("cref") ?? link.Attribute("langword") ?? link.Attribute("name"))?.Value ?? link.Value;
        var name = target[(target.LastIndexOf('.') + 1)..];
        return target.StartsWith("P:", StringComparison.Ordinal) || target.StartsWith("F:", StringComparison.Ordinal)
            ? $"`{SnakeCase.Of(name)}`" : name;
    }

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
