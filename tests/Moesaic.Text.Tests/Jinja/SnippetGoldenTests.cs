using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Tests.Jinja;

/// <summary>Every construct, operator, filter, test and method gives what jinja2 gives (Golden/generate-jinja.py).</summary>
public class SnippetGoldenTests
{
    [Fact]
    public void Snippets_render_as_jinja2_renders_them()
    {
        var golden = Golden.Json("Jinja/snippets.json");
        var values = golden.GetProperty("values").EnumerateObject().ToDictionary(v => v.Name, v => (object?)v.Value, StringComparer.Ordinal);
        var differences = golden.GetProperty("cases").EnumerateArray().Select(expected => Difference(expected, values)).OfType<string>().ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n{string.Join("\n\n", differences)}");
    }

    static string? Difference(JsonElement expected, Dictionary<string, object?> values)
    {
        var template = expected.GetProperty("template").GetString()!;
        var output = expected.TryGetProperty("output", out var given) ? given.GetString() : null;
        try
        {
            var made = JinjaTemplate.Parse(template).Render(values, time: new FixedClock()).Text;
            return made == output ? null : $"{template}\nexpected {output ?? expected.ToString()}\nbut got  {made}";
        }
        catch (BadModelException fault)
        {
            var raised = expected.TryGetProperty("raised", out var message) ? ": " + message.GetString() : "";
            return output is null && fault.Message.EndsWith(raised, StringComparison.Ordinal) ? null : $"{template}\nexpected {expected}\nbut failed: {fault.Message}";
        }
    }
}
