using Microsoft.Extensions.AI;

namespace Moesaic.Extensions.AI.Tests;

/// <summary>What docs/dotnet.md says.</summary>
public class DocsTests
{
    static readonly string Page = File.ReadAllText(Path.Combine(ShippedModel.Repository(), "docs", "dotnet.md"));

    [Theory]
    [InlineData(typeof(ChatOptions))]
    [InlineData(typeof(EmbeddingGenerationOptions))]
    [InlineData(typeof(MoesaicModelOptions))]
    public void Every_option_is_told(Type options)
    {
        // Said in other words: how weights are kept, steps, names.
        string[] plain = ["Weights", "Chunk", "Name"];
        Assert.DoesNotContain(options.GetProperties().Select(p => p.Name).Except(plain), name => !Page.Contains($"`{name}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hermes")]
    [InlineData("llama")]
    [InlineData("mistral")]
    [InlineData("described")]
    public void Every_format_of_calls_is_told(string name) => Assert.Contains($"| `{name}` |", Page, StringComparison.Ordinal);

    [Fact]
    public void The_code_is_that_of_the_package()
    {
        var package = File.ReadAllText(Path.Combine(ShippedModel.Repository(), "docs", "package.md")).ReplaceLineEndings("\n");
        var code = package[package.IndexOf("```csharp\n", StringComparison.Ordinal)..(package.LastIndexOf("```\n", StringComparison.Ordinal) + 4)];
        Assert.Contains(code, Page.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
