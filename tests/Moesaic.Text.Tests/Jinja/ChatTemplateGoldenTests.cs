using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Tests.Jinja;

/// <summary>Chat templates as published, and own ones, render as jinja2 renders them (Golden/generate-chat.py).</summary>
public class ChatTemplateGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Templates() =>
        Directory.GetFiles(Golden.Path("Chat/templates"), "*.jinja").Order(StringComparer.Ordinal)
            .Select(path => new TheoryDataRow<string>(Path.GetFileNameWithoutExtension(path)));

    [Theory, MemberData(nameof(Templates))]
    public void Renders_as_jinja2_does(string name) => Check(
        Golden.Path($"Chat/templates/{name}.jinja"), Golden.Json($"Chat/outputs/{name}.json"));

    static void Check(string template, JsonElement golden)
    {
        var parsed = JinjaTemplate.Parse(File.ReadAllText(template));
        var given = Golden.Json("Chat/conversations.json");
        var differences = golden.GetProperty("cases").EnumerateArray()
            .Select(expected => Difference(parsed, given, expected)).OfType<string>().ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n{string.Join("\n\n", differences.Take(3))}");
    }

    static string? Difference(JinjaTemplate template, JsonElement given, JsonElement expected)
    {
        string conversation = expected.GetProperty("conversation").GetString()!, option = expected.GetProperty("option").GetString()!;
        var values = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["tools"] = null, ["documents"] = null, ["bos_token"] = "<s>", ["eos_token"] = "</s>",
            ["messages"] = given.GetProperty("conversations").GetProperty(conversation),
        };
        foreach (var value in given.GetProperty("options").GetProperty(option).EnumerateObject()) values[value.Name] = value.Value;

        var where = $"[{conversation}] [{option}]";
        try
        {
            var made = template.Render(values, time: new FixedClock());
            if (!expected.TryGetProperty("output", out var output)) return $"{where} should fail: {expected}\nbut gave\n{made.Text}";
            if (made.Text != output.GetString()) return $"{where} expected\n{output.GetString()}\nbut got\n{made.Text}";
            var spans = expected.TryGetProperty("generated", out var generated) ? generated.EnumerateArray().Select(s => s.GetString()!) : [];
            return made.Generated.Select(span => made.Text[span]).SequenceEqual(spans.Where(s => s.Length > 0)) ? null : $"{where}: other spans generated";
        }
        catch (BadModelException fault)
        {
            if (expected.TryGetProperty("raised", out var raised))
                return fault.Message.EndsWith(": " + raised.GetString(), StringComparison.Ordinal) ? null : $"{where} raised {fault.Message}";
            return expected.TryGetProperty("fails", out _) ? null : $"{where} failed: {fault.Message}";
        }
    }
}
