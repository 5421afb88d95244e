using System.Text.Json;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Tests.Jinja;

public class JinjaFuzzTests
{
    static readonly string[] Fragments =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "*", "**", "//", "%", "==", "<", " is ", " in ",
        " not ", " if ", " else ", "loop", "loop(l)", "self", "9223372036854775807", "-1", "0", "1e308", "''", "'\\", "none", "missing", "d", "l", "s", "u", "\n", " ",
        "messages", "tools", "| tojson", "| list", "| join", "[::-1]", "[1:]", "* 99999999", ".items()", "namespace(", "range(99999)", "{% endif %}", "{% endfor %}",
        "{% set a = a ~ a %}", "{% for i in s %}", "caller()", "𝄞", "\u0000", "\r",
    ];

    [Fact]
    public void Mutated_templates_render_or_are_refused()
    {
        var values = Golden.Json("Jinja/snippets.json").GetProperty("values").EnumerateObject()
            .ToDictionary(v => v.Name, v => (object?)v.Value, StringComparer.Ordinal);
        var given = Golden.Json("Chat/conversations.json");
        values["messages"] = given.GetProperty("conversations").GetProperty("tool call");
        values["tools"] = given.GetProperty("options").GetProperty("all tools").GetProperty("tools");
        var limits = new JinjaLimits(MaxSteps: 200_000, MaxLength: 1_000_000);

        string[] seeds =
        [
            .. Golden.Json("Jinja/snippets.json").GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("template").GetString()!),
            .. Directory.GetFiles(Golden.Path("Chat/templates"), "*.jinja").Order(StringComparer.Ordinal).Select(File.ReadAllText),
        ];
        Fuzz.Run(seeds, Fragments, template => JinjaTemplate.Parse(template).Render(values, limits, new FixedClock()));
    }
}
