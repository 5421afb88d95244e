using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Moesaic.Cli.Recipes;

/// <summary>JSON values as YAML that reads back equal, here and in other readers. Lists of scalars stand on one line.</summary>
static partial class YamlWriter
{
    public static string Write(JsonNode root)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings().WithBestWidth(int.MaxValue).WithIndentedSequences());
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, [], isImplicit: true));
        Node(emitter, root);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    static void Node(IEmitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true,
                    map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    Scalar(emitter, key, NeedsQuotes(key));
                    Node(emitter, value);
                }
                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                var flow = list.All(item => item is JsonValue or null);
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true,
                    flow ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list) Node(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() is JsonValueKind.String:
                Scalar(emitter, value.GetValue<string>(), NeedsQuotes(value.GetValue<string>()));
                break;
            default:
                Scalar(emitter, node?.ToJsonString() ?? "null", quoted: false);
                break;
        }
    }

    static void Scalar(IEmitter emitter, string text, bool quoted) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text,
            quoted ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: true));

    // Quoted is everything but the words and paths that no YAML reader takes for syntax, null, a truth value or a number.
    static bool NeedsQuotes(string text) =>
        !Plain().IsMatch(text)
        || text.ToLowerInvariant() is "null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n";

    [GeneratedRegex(@"^(?:[A-Za-z_/]|\.{1,2}/)(?:[A-Za-z0-9_/. -]*[A-Za-z0-9_/])?$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
