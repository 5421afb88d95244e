using System.Net;
using System.Text;
using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Formats;

namespace Moesaic.Server.Tests;

public class PolicyTests
{
    const string Path = "/moesaic/policy";

    static async Task<(HttpStatusCode Status, string Body)> PutAsync(RunningServer server, string json)
    {
        using var response = await server.Client.PutAsync(Path, new StringContent(json, Encoding.UTF8, "application/json"));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    static async Task<double> PerTokenAsync(RunningServer server) =>
        (await server.AskAsync("/v1/completions", """{"prompt": "Returns the", "temperature": 0, "max_tokens": 8, "logit_bias": {"4093": -100, "4095": -100}, "moesaic": {"routing": true}}"""))
            .GetProperty("moesaic").GetProperty("experts_per_token").GetDouble();

    [Fact]
    public async Task A_policy_is_in_force_as_soon_as_it_was_given()
    {
        await using var server = await RunningServer.MixtureAsync();
        Assert.Equal("null", await server.Client.GetStringAsync(Path));
        Assert.Equal(2, await PerTokenAsync(server));
        Assert.Equal((HttpStatusCode.OK, "{\"chosen\":1}"), await PutAsync(server, """{"chosen": 1}"""));
        Assert.Equal("{\"chosen\":1}", await server.Client.GetStringAsync(Path));
        Assert.Equal(1, await PerTokenAsync(server));
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(server, """{"layers": {"2": {"chosen": 1}}}""")).Status);
        Assert.Equal(1.5, await PerTokenAsync(server));
        Assert.Equal((HttpStatusCode.OK, "null"), await PutAsync(server, "null"));
        Assert.Equal(2, await PerTokenAsync(server));
    }

    [Theory]
    [InlineData("{\"chosen\": 3}")]
    [InlineData("{\"choosen\": 1}")]
    [InlineData("{\"policy\": 5}")]
    [InlineData("{\"layers\": {\"0\": {\"chosen\": 1}}}")]
    [InlineData("{\"layers\": [], \"policy\": {}}")]
    [InlineData("[]")]
    [InlineData("\"policy.json\"")]
    [InlineData("{")]
    public async Task What_means_nothing_is_refused_and_changes_nothing(string json)
    {
        await using var server = await RunningServer.MixtureAsync();
        await PutAsync(server, """{"chosen": 1}""");
        var (status, body) = await PutAsync(server, json);
        Assert.True(status == HttpStatusCode.BadRequest, body);
        Assert.Equal("{\"chosen\":1}", await server.Client.GetStringAsync(Path));
        Assert.Equal(1, await PerTokenAsync(server));
    }

    [Fact]
    public async Task A_model_without_experts_has_none()
    {
        await using var server = await RunningServer.DemoAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(server, """{"chosen": 1}""")).Status);
    }

    [Fact]
    public async Task The_model_and_its_experts_are_described()
    {
        await using var server = await RunningServer.MixtureAsync();
        await server.AskAsync("/v1/completions", """{"prompt": "Returns the", "max_tokens": 8}""");
        var model = await server.GetAsync("/moesaic/model");
        Assert.Equal("""[{"layer":1,"experts":6,"chosen":2,"shared":false},{"layer":2,"experts":6,"chosen":2,"shared":false}]""", model.GetProperty("mixtures").GetRawText());
        Assert.True(model.GetProperty("chat").GetBoolean());
        Assert.True(model.GetProperty("active_parameters").GetInt64() < model.GetProperty("parameters").GetInt64());
        var experts = await server.GetAsync("/moesaic/experts");
        Assert.All(experts.GetProperty("layers").EnumerateArray(), layer =>
        {
            Assert.Equal(2 * layer.GetProperty("tokens").GetInt64(), layer.GetProperty("slots").EnumerateArray().Sum(s => s.GetInt64()));
            Assert.InRange(layer.GetProperty("balance").GetDouble(), 1.0 / 6, 1);
        });
        Assert.Equal(JsonValueKind.Number, experts.GetProperty("status").GetProperty("tokens_per_second").ValueKind);
    }
}
