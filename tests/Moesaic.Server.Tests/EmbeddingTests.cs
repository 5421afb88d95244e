using System.Text.Json;

namespace Moesaic.Server.Tests;

public class EmbeddingTests
{
    const string Path = "/v1/embeddings";

    [Fact]
    public async Task Base64_holds_the_same_numbers()
    {
        await using var server = await RunningServer.DemoAsync();
        var plain = Vectors(await server.AskAsync(Path, """{"input": ["a list", "of"]}"""));
        var coded = await server.AskAsync(Path, """{"input": ["a list", "of"], "encoding_format": "base64"}""");
        for (var i = 0; i < 2; i++)
        {
            var bytes = Convert.FromBase64String(coded.GetProperty("data")[i].GetProperty("embedding").GetString()!);
            Assert.Equal(plain[i].EnumerateArray().Select(x => x.GetSingle()), bytes.Chunk(4).Select(b => BitConverter.ToSingle(b)));
        }
    }

    [Fact]
    public async Task Pooling_is_what_was_asked_for()
    {
        await using var server = await RunningServer.DemoAsync();
        var all = Vectors(await server.AskAsync(Path, """{"input": "a list of words", "pooling": "none", "normalise": false}"""))[0];
        Assert.Equal(server.Model.Encode("a list of words").Length, all.GetArrayLength());
        var last = Vectors(await server.AskAsync(Path, """{"input": "a list of words", "pooling": "last", "normalise": false}"""))[0];
        Assert.Equal(all[all.GetArrayLength() - 1].GetRawText(), last.GetRawText());
        var mean = Vectors(await server.AskAsync(Path, """{"input": "a list of words", "normalise": false}"""))[0];
        Assert.Equal(all.EnumerateArray().Average(v => v[3].GetDouble()), mean[3].GetDouble(), 4);
    }

    [Theory]
    [InlineData("{\"input\": \"a\", \"dimensions\": 5}", "dimensions")]
    [InlineData("{\"input\": \"a\", \"pooling\": \"max\"}", "pooling")]
    [InlineData("{\"input\": \"a\", \"encoding_format\": \"int8\"}", "encoding_format")]
    [InlineData("{\"input\": \"a\", \"moesaic\": {\"routing\": true}}", "moesaic.routing")]
    [InlineData("{}", "input")]
    public async Task What_cannot_be_honoured_is_named(string request, string field)
    {
        await using var server = await RunningServer.DemoAsync();
        var (status, error) = await server.RefusalAsync(Path, request);
        Assert.Equal((400, field), (status, error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task More_inputs_than_a_request_may_have_are_refused()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { MaxBatch = 2 });
        Assert.Equal(2, Vectors(await server.AskAsync(Path, """{"input": ["a", "b"]}""")).Count);
        Assert.Equal("batch_too_large", (await server.RefusalAsync(Path, """{"input": ["a", "b", "c"]}""")).Error.GetProperty("code").GetString());
    }

    static List<JsonElement> Vectors(JsonElement answer) => [.. answer.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("embedding"))];
}
