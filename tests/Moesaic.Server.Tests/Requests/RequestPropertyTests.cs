using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Moesaic.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Security;

namespace Moesaic.Server.Tests.Requests;

/// <summary>Whatever is sent is planned or refused with 400, and never anything else.</summary>
public sealed class RequestPropertyTests : IDisposable
{
    static readonly string[] Names =
    [
        .. ServerJson.Wire.ChatRequest.Properties.Concat(ServerJson.Wire.CompletionRequest.Properties).Concat(ServerJson.Wire.ChatTurn.Properties)
            .Concat(ServerJson.Wire.ToolDefinition.Properties).Concat(ServerJson.Wire.FunctionDefinition.Properties).Select(p => p.Name).Distinct(),
        "type", "text", "json_schema", "schema", "routing", "deadline_seconds", "include_usage", "properties", "required", "unknown", "",
    ];

    static readonly string[] Texts = ["demo", "user", "assistant", "tool", "function", "text", "json_schema", "json_object", "auto", "required", "{}", "f", "", "string", "object", "<|im_end|>", "🙂\u0000"];

    readonly MoesaicModel model = MoesaicModel.Open(RunningServer.DemoFolder);
    readonly ServerOptions options = new();
    readonly Caller caller = new(0, false, "c");

    static Gen<JsonNode?> Value(int depth) => Gen.Choose(0, depth <= 0 ? 4 : 8).SelectMany(kind => kind switch
    {
        0 => Gen.Constant<JsonNode?>(null),
        1 => Gen.Elements(true, false).Select(b => (JsonNode?)JsonValue.Create(b)),
        2 => Gen.Choose(-3, 200).Select(n => (JsonNode?)JsonValue.Create(n)),
        3 => Gen.Elements(0.5, -1e300, 1e-300, 2.0, 1e20).Select(n => (JsonNode?)JsonValue.Create(n)),
        4 => Gen.Elements(Texts).Select(t => (JsonNode?)JsonValue.Create(t)),
        5 or 6 => Value(depth - 1).ListOf(2).Select(list => (JsonNode?)new JsonArray([.. list])),
        _ => Object(depth - 1).Select(o => (JsonNode?)o),
    });

    static Gen<JsonObject> Object(int depth) => Gen.Choose(0, 4).SelectMany(count =>
        Gen.Elements(Names).SelectMany(name => Value(depth).Select(value => KeyValuePair.Create(name, value))).ListOf(count).Select(pairs =>
        {
            var made = new JsonObject();
            foreach (var (name, value) in pairs) made[name] = value?.DeepClone();
            return made;
        }));

    [Fact]
    public void Any_JSON_is_planned_or_refused()
    {
        // Something that could be right, so that later checks are reached, too.
        JsonObject[] good =
        [
            new() { ["prompt"] = "a" }, new() { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "a" }) },
            new() { ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "a" }), ["tools"] = new JsonArray(new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "f" } }) },
            [],
        ];
        var requests = Gen.Elements(good).SelectMany(start => Object(4).Select(more =>
        {
            var request = start.DeepClone().AsObject();
            foreach (var (name, value) in more) request[name] = value?.DeepClone();
            return request.ToJsonString();
        }));
        var planned = 0;
        Prop.ForAll(requests.ToArbitrary(), json =>
        {
            planned += Plan(Encoding.UTF8.GetBytes(json));
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        Assert.True(planned > 50, $"only {planned} requests were good: the test shows little");
    }

    [Fact]
    public void Any_bytes_are_planned_or_refused()
    {
        var start = """{"messages": [{"role": "user", "content": "Grüße \u00e9 🙂"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}], "stop": ["a"], "logit_bias": {"5": -1e1}, "seed": 1}"""u8.ToArray();
        var damaged = Gen.Choose(0, start.Length - 1).Zip(Gen.Choose(0, 255)).ListOf(3).Select(changes =>
        {
            var bytes = (byte[])start.Clone();
            foreach (var (at, value) in changes) bytes[at] = (byte)value;
            return bytes;
        });
        Prop.ForAll(damaged.ToArbitrary(), bytes =>
        {
            Plan(bytes);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    /// <summary>Plans a request of both kinds; how many of them are good.</summary>
    int Plan(byte[] utf8) =>
        Try(() => CompletionPlan.Of(RequestBody.Parse(utf8, ServerJson.Wire.CompletionRequest), model, options, caller)) +
        Try(() => ChatPlan.Of(RequestBody.Parse(utf8, ServerJson.Wire.ChatRequest), model, options, caller));

    static int Try(Func<object> plan)
    {
        try
        {
            plan();
            return 1;
        }
        catch (ApiException e)
        {
            Assert.True((int)e.Status is 400 or 404, e.Message);
            Assert.NotEmpty(e.Message);
            return 0;
        }
        catch (BadRequestException e)
        {
            Assert.NotEmpty(e.Message);
            return 0;
        }
    }

    public void Dispose() => model.Dispose();
}
