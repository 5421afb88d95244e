using System.Globalization;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class ConvertVerbTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(params string[] args) => new App([new ConvertVerb(), new QuantizeVerb(), new GenerateVerb(null)],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(args, output, error);

    string Generated(string model)
    {
        output.GetStringBuilder().Clear();
        Assert.Equal(0, Run("generate", model, "--prompt", "In story 3", "--max-tokens", "12"));
        return output.ToString();
    }

    [Fact]
    public void A_model_goes_there_and_back_and_writes_the_same()
    {
        Assert.Equal(0, Run("convert", folder.Model, folder["there.gguf"]));
        Assert.Equal(0, Run("convert", folder["there.gguf"], folder["back"]));
        var expected = Generated(folder.Model);
        Assert.Equal(expected, Generated(folder["there.gguf"]));
        Assert.Equal(expected, Generated(folder["back"]));
    }

    [Fact]
    public void A_folder_goes_into_another_layout()
    {
        Assert.Equal(0, Run("convert", folder.Model, folder["own"], "--layout", "moesaic"));
        Assert.Contains("moesaic in", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(Generated(folder.Model), Generated(folder["own"]));
        Assert.Equal(2, Run("convert", folder.Model, folder["own"], "--layout", "moesaic"));
        Assert.Equal(0, Run("convert", folder.Model, folder["own"], "--layout", "mixtral", "--overwrite"));
    }

    [Fact]
    public void Quantize_reports_every_tensor()
    {
        Assert.Equal(0, Run("quantize", folder.Model, folder["q.gguf"], "--encoding", "q8_0", "--embeddings", "f16"));
        Assert.Contains("token_embd.weight", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("F16 for Q8_0", output.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(folder["q.gguf"]));
    }

    [Fact]
    public void A_dry_run_shows_the_plan()
    {
        Assert.Equal(0, Run("quantize", folder.Model, folder["dry.gguf"], "--encoding", "q4_0", "--dry-run", "--json"));
        Assert.Contains("\"event\":\"plan\"", output.ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(folder["dry.gguf"]));
    }

    [Theory]
    [InlineData(2, "no GGUF file", "convert", "model", "other")]
    [InlineData(2, "--layout must say", "convert", "model", "other")]
    [InlineData(2, "no meaning for a GGUF file", "convert", "model", "a.gguf", "--layout", "mixtral")]
    [InlineData(2, "it has routed experts", "convert", "model", "other", "--layout", "llama")]
    [InlineData(2, "there are llama, mistral", "convert", "model", "other", "--layout", "lama")]
    [InlineData(2, "no meaning for a folder", "convert", "model", "other", "--layout", "moesaic", "--embeddings", "f16")]
    [InlineData(2, "--encoding q9", "convert", "model", "a.gguf", "--encoding", "q9")]
    [InlineData(2, "--encoding", "quantize", "model", "a.gguf")]
    [InlineData(2, ".gguf", "quantize", "model", "other", "--encoding", "q8_0")]
    [InlineData(3, "none.gguf", "convert", "none.gguf", "other")]
    [InlineData(3, "none", "convert", "none", "a.gguf")]
    public void Mistakes_are_explained(int code, string said, params string[] args)
    {
        string[] paths = ["model", "other", "a.gguf", "none.gguf", "none"];
        Assert.Equal(code, Run([.. args.Select(a => paths.Contains(a) ? folder[a] : a)]));
        Assert.Contains(said, error.ToString(), StringComparison.Ordinal);
    }
}
