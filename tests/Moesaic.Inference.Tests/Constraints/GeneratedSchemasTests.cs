using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference.Tests;

public class GeneratedSchemasTests
{
    [Fact]
    public void What_a_thousand_schemas_let_through_is_valid_for_an_outsider()
    {
        var (none, unended, texts) = (0, 0, 0);
        var bad = new List<string>();
        for (var seed = 0; seed < 1000; seed++)
        {
            var schema = new RandomSchema(seed).Make();
            Grammar grammar;
            try
            {
                using var document = JsonDocument.Parse(schema.ToJsonString());
                grammar = Grammar.JsonSchema(document.RootElement);
            }
            catch (BadRequestException e) when (e.Message.Contains("allows no value", StringComparison.Ordinal))
            {
                none++;
                continue;
            }
            var validator = new OutsideValidator(schema);
            var compiled = grammar.Compile(ConstrainedText.Table);
            for (var draw = 0; draw < 3; draw++)
            {
                if (ConstrainedText.Generate(compiled, (seed * 3) + draw) is not { } text)
                {
                    unended++;
                    continue;
                }
                texts++;
                using (JsonDocument.Parse(text)) { }
                var errors = validator.Errors(text);
                if (errors.Count > 0) bad.Add($"{seed}: {errors[0]}\n{text}\n{schema.ToJsonString()}");
            }
        }
        Assert.True(bad.Count == 0, $"{bad.Count} of {texts}\n{string.Join("\n\n", bad.Take(8))}");
        Assert.InRange(none, 0, 50);
        Assert.InRange(unended, 0, 150);
        Assert.True(texts > 2750, $"{texts} texts, {unended} without an end, {none} schemas without a value");
    }
}
