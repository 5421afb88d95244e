using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference.Tests;

public class KeywordTableTests
{
    static readonly string[] Rows = [.. File.ReadAllLines(Path.Combine(ShippedModel.Folder, "..", "..", "docs", "server.md"))
        .SkipWhile(line => line != "| keyword | |").Skip(2).TakeWhile(line => line.StartsWith('|'))];

    [Fact]
    public void The_documents_table_names_every_keyword_that_is_known()
    {
        var named = Rows.Where(row => !row.EndsWith("refused |", StringComparison.Ordinal)).SelectMany(Names).ToHashSet(StringComparer.Ordinal);
        foreach (var keyword in SchemaKeywords.All) Assert.Contains(keyword, named);
    }

    [Fact]
    public void What_it_says_is_refused_is_refused_by_name()
    {
        var refused = Names(Rows[^1]).ToList();
        Assert.True(refused.Count > 10);
        foreach (var keyword in refused)
        {
            using var schema = JsonDocument.Parse($"{{\"properties\":{{\"a\":{{\"{keyword}\":{{}}}}}}}}");
            var error = Assert.Throws<BadRequestException>(() => Grammar.JsonSchema(schema.RootElement));
            Assert.Contains($"#/properties/a/{keyword} ", error.Message, StringComparison.Ordinal);
        }
    }

    static IEnumerable<string> Names(string row) => row.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1);
}
