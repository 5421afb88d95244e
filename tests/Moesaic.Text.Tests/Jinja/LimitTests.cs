using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Tests.Jinja;

public class LimitTests
{
    static readonly JinjaLimits Small = new(MaxSteps: 10_000, MaxDepth: 50, MaxLength: 1000);
    static readonly Dictionary<string, object?> Nothing = [];

    static string Fault(string template, JinjaLimits? limits = null) =>
        Assert.Throws<BadModelException>(() => JinjaTemplate.Parse(template).Render(Nothing, limits ?? Small)).Message;

    [Theory]
    [InlineData("{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recurses deeper")]
    [InlineData("{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}", "recurses deeper")]
    [InlineData("{{ 'x' * 2000 }}", "characters")]
    [InlineData("{{ 'x' * 9000000000000000000 }}", "characters")]
    [InlineData("{{ [1] * 9000000000000000000 }}", "characters")]
    [InlineData("{% for i in range(600) %}xx{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "characters")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "characters")]
    [InlineData("{{ 'aaaaaaaaaa'.replace('', 'x' * 900) }}", "characters")]
    [InlineData("{{ ('a' * 100) | replace('a', 'x' * 100) }}", "characters")]
    [InlineData("{{ 'a'.center(99999) }}", "characters")]
    [InlineData("{{ 'a' | indent(99999) }}", "characters")]
    [InlineData("{{ '%99999d' % 1 }}", "characters")]
    [InlineData("{{ [[[]]] | tojson(indent=900) }}", "characters")]
    [InlineData("{{ (['x' * 500] * 5) | join }}", "characters")]
    [InlineData("{{ ''.join(['x' * 500] * 5) }}", "characters")]
    [InlineData("{{ 9 ** 99 }}", "too large")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "too large")]
    [InlineData("{{ -(-9223372036854775807 - 1) }}", "too large")]
    [InlineData("{{ (-9223372036854775807 - 1) // -1 }}", "too large")]
    [InlineData("{{ (-9223372036854775807 - 1) | abs }}", "too large")]
    public void What_costs_too_much_is_stopped(string template, string why) =>
        Assert.Contains(why, Fault(template), StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused_while_parsing_and_never_overflows_the_stack()
    {
        foreach (var (open, close) in new[] { ("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("{1:", "}"), ("a[", "]"), ("a(", ")"), ("1 if 1 else ", "") })
            Assert.Contains("nested deeper", Assert.Throws<BadModelException>(() => JinjaTemplate.Parse(
                "{{ " + Repeat(open, 100_000) + "1" + Repeat(close, 100_000) + " }}")).Message, StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => JinjaTemplate.Parse(Repeat("{% if 1 %}", 100_000)));
        Assert.Throws<BadModelException>(() => JinjaTemplate.Parse("{% for " + Repeat("(", 100_000)));
    }

    [Fact]
    public void Long_chains_are_stopped_by_the_depth()
    {
        Assert.Contains("deeper", Fault("{{ 1" + Repeat(" + 1", 100_000) + " }}"), StringComparison.Ordinal);
        Assert.Contains("deeper", Fault("{{ a" + Repeat(" or a", 100_000) + " }}"), StringComparison.Ordinal);
        Assert.Contains("deeper", Fault("{{ 1" + Repeat(" | string", 100_000) + " }}", JinjaLimits.Default with { MaxDepth = int.MaxValue }), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_nested_too_deep_are_refused_not_overflowed()
    {
        var nest = "{% set ns = namespace(v=[]) %}{% for i in range(9999) %}{% set ns.v = [ns.v] %}{% endfor %}";
        foreach (var use in new[] { "{{ ns.v }}", "{{ ns.v | tojson }}", "{{ ns.v == [ns.v] }}", "{{ ns.v < ns.v }}" })
            Assert.Contains("nested deeper", Fault(nest + use, JinjaLimits.Default), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_name_the_template_the_line_and_the_column()
    {
        Assert.StartsWith("template, line 3, column 7: 'x' is undefined", Fault("a\n\n  {{ x.y }}"), StringComparison.Ordinal);
        var syntax = Assert.Throws<BadModelException>(() => JinjaTemplate.Parse("ab\r\nc {{ ? }}", "m/chat_template.jinja"));
        Assert.StartsWith("m/chat_template.jinja, line 2, column 6: ", syntax.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_dotnet_and_json_are_taken()
    {
        var values = new Dictionary<string, object?>
        {
            ["i"] = 1, ["f"] = 0.5f, ["a"] = new[] { 1, 2 }, ["s"] = new List<string> { "x" },
            ["n"] = JsonNode.Parse("""{"k": [1, 2.0, null, true, 18446744073709551616]}"""),
            ["d"] = new Dictionary<string, object?> { ["z"] = JsonElement.Parse("\"q\"") },
        };
        Assert.Equal("1 0.5 [1, 2] ['x'] {'k': [1, 2.0, None, True, 18446744073709551616]} {'z': 'q'}",
            JinjaTemplate.Parse("{{ i }} {{ f }} {{ a }} {{ s }} {{ n }} {{ d }}").Render(values).Text);
        Assert.Throws<ArgumentException>(() => JinjaTemplate.Parse("").Render(new Dictionary<string, object?> { ["v"] = new object() }));
        Assert.Throws<ArgumentException>(() => JinjaTemplate.Parse("").Render(new Dictionary<string, object?> { ["v"] = new Dictionary<int, int>() }));
    }

    static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}
