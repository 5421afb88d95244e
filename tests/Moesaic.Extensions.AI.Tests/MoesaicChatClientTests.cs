using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI.Tests;

public class MoesaicChatClientTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    const string Question = "What does this method return?";

    MoesaicModel Model => demo.Model;

    IChatClient Client => new MoesaicChatClient(Model);

    [Fact]
    public async Task A_stream_and_a_whole_answer_are_the_same()
    {
        var options = new ChatOptions { Temperature = 1, Seed = 7, MaxOutputTokens = 20 };
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in Client.GetStreamingResponseAsync(Question, options)) updates.Add(update);
        var whole = await Client.GetResponseAsync(Question, options);
        Assert.Equal(string.Concat(updates.Select(u => u.Text)), whole.Text);
        Assert.NotEmpty(whole.Text);
        Assert.Equal(ChatRole.Assistant, Assert.Single(whole.Messages).Role);
        Assert.Equal("demo", whole.ModelId);
        Assert.Single(updates.Select(u => u.ResponseId).Distinct());
        Assert.All(updates.SkipLast(1), u => Assert.Null(u.FinishReason));
        Assert.NotNull(updates[^1].FinishReason);
        Assert.All(updates, u => Assert.IsType<GenerationPiece>(u.RawRepresentation));
        Assert.Equal(ChatPrompt.Encode(Model, [new("user", Question)]).Length, whole.Usage!.InputTokenCount);
        Assert.Equal(whole.Usage.InputTokenCount + whole.Usage.OutputTokenCount, whole.Usage.TotalTokenCount);
        Assert.True(whole.Usage.CachedInputTokenCount >= 0);
    }

    [Fact]
    public async Task Length_stop_strings_and_seed_do_what_they_say()
    {
        var cut = await Client.GetResponseAsync(Question, new() { MaxOutputTokens = 5 });
        Assert.Equal((ChatFinishReason.Length, 5), (cut.FinishReason, cut.Usage!.OutputTokenCount));
        var letter = cut.Text.Trim()[2..4];
        var stopped = await Client.GetResponseAsync(Question, new() { MaxOutputTokens = 5, StopSequences = [letter] });
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
        Assert.Equal(cut.Text[..cut.Text.IndexOf(letter, StringComparison.Ordinal)], stopped.Text);

        var options = new ChatOptions { Temperature = 2, MaxOutputTokens = 12 };
        var answers = new HashSet<string>();
        for (var i = 0; i < 3; i++) answers.Add((await Client.GetResponseAsync(Question, options)).Text);
        Assert.True(answers.Count > 1, "without a seed answers differ");
        options.Seed = -3;
        Assert.Equal((await Client.GetResponseAsync(Question, options)).Text, (await Client.GetResponseAsync(Question, options)).Text);
    }

    [Fact]
    public async Task A_schema_holds_for_every_seed()
    {
        var schema = JsonElement.Parse("""{"type": "object", "properties": {"kind": {"enum": ["class", "struct"]}, "size": {"type": "integer", "minimum": 0, "maximum": 99}}, "required": ["kind", "size"]}""");
        for (var seed = 0; seed < 5; seed++)
        {
            var answer = await Client.GetResponseAsync(Question, new() { Temperature = 1.5f, Seed = seed, ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) });
            var json = JsonElement.Parse(answer.Text);
            Assert.Contains(json.GetProperty("kind").GetString(), new[] { "class", "struct" });
            Assert.InRange(json.GetProperty("size").GetInt32(), 0, 99);
        }
        var any = await Client.GetResponseAsync(Question, new() { Temperature = 1, Seed = 3, ResponseFormat = ChatResponseFormat.Json, MaxOutputTokens = 30 });
        Assert.StartsWith("{", any.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_are_called_and_answered()
    {
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create((bool tomorrow, DayOfWeek day) => $"Rain on {day}", "weather", "The weather.")],
            ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false, Temperature = 1, Seed = 5,
        };
        List<ChatMessage> messages = [new(ChatRole.User, "Weather in Rome?")];
        var asked = await Client.GetResponseAsync(messages, options);
        Assert.Equal(ChatFinishReason.ToolCalls, asked.FinishReason);
        Assert.Equal("", asked.Text);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(asked.Messages[0].Contents));
        Assert.Equal("weather", call.Name);
        Assert.Equal(["day", "tomorrow"], call.Arguments!.Keys.Order());
        var result = await ((AIFunction)options.Tools[0]).InvokeAsync(new AIFunctionArguments(call.Arguments));

        messages.AddRange(asked.Messages);
        messages.Add(new(ChatRole.Tool, [new FunctionResultContent(call.CallId, result)]));
        options.ToolMode = ChatToolMode.None;
        options.MaxOutputTokens = 4;
        var answer = await Client.GetResponseAsync(messages, options);
        Assert.Equal(4, answer.Usage!.OutputTokenCount);
        Assert.DoesNotContain(answer.Messages[0].Contents, c => c is FunctionCallContent);
    }

    // What the model would say is given; that it is read as calls is not.
    static ChatOptions Saying(MoesaicModel model, string text) => new()
    {
        Tools = [AIFunctionFactory.Create(() => "noon", "now")],
        RawRepresentationFactory = _ => new GenerationOptions { MaxTokens = null, Constraint = Grammar.Literal(text).Compile(model.Tokens).Start() },
    };

    [Fact]
    public async Task Calls_are_told_from_text()
    {
        const string Call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";
        var two = await Client.GetResponseAsync(Question, Saying(Model, $"Let me see.\n{Call}\n{Call}"));
        Assert.Equal("Let me see.", two.Text);
        Assert.Equal(2, two.Messages[0].Contents.OfType<FunctionCallContent>().Count());
        Assert.Equal(ChatFinishReason.ToolCalls, two.FinishReason);

        var options = Saying(Model, $"{Call}\n{Call}");
        options.AllowMultipleToolCalls = false;
        var one = await Client.GetResponseAsync(Question, options);
        Assert.Single(one.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, one.FinishReason);
        Assert.True(one.Usage!.OutputTokenCount > 0);

        var none = await Client.GetResponseAsync(Question, Saying(Model, "<tool_call>now</tool_call>"));
        Assert.Equal("<tool_call>now</tool_call>", none.Text);
        Assert.Equal(ChatFinishReason.Stop, none.FinishReason);
    }

    [Fact]
    public async Task Options_and_messages_stay_as_they_are()
    {
        var options = new ChatOptions
        {
            Instructions = "Be brief.", Temperature = 0.5f, TopP = 0.9f, TopK = 40, FrequencyPenalty = 0.1f, PresencePenalty = 0.1f, Seed = 1, MaxOutputTokens = 3,
            StopSequences = ["\n\n"], ResponseFormat = ChatResponseFormat.Json, Tools = [AIFunctionFactory.Create(() => "noon", "now")], ModelId = "demo",
            AdditionalProperties = new() { ["client"] = "a", ["deadline"] = TimeSpan.FromMinutes(1) },
        };
        List<ChatMessage> messages = [new(ChatRole.System, "You know it all."), new(ChatRole.User, Question)];
        var before = (Json(options), Json(messages));
        await Client.GetResponseAsync(messages, options);
        Assert.Equal(before, (Json(options), Json(messages)));

        static string Json<T>(T value) => JsonSerializer.Serialize(value, AIJsonUtilities.DefaultOptions);
    }

    public static TheoryData<string, Action<ChatOptions>> Impossible => new()
    {
        { "ConversationId", o => o.ConversationId = "c" },
        { "ModelId", o => o.ModelId = "other" },
        { "Reasoning", o => o.Reasoning = new() },
        { "magic", o => o.AdditionalProperties = new() { ["magic"] = 1 } },
        { "deadline", o => o.AdditionalProperties = new() { ["deadline"] = "soon" } },
        { "RawRepresentationFactory", o => o.RawRepresentationFactory = _ => "x" },
        { "ToolMode", o => o.ToolMode = ChatToolMode.RequireAny },
        { "HostedWebSearchTool", o => o.Tools = [new HostedWebSearchTool()] },
        { "top-p", o => o.TopP = 2 },
        { "not", o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"not": {}}""")) },
        { "stop", o => o.StopSequences = [""] },
        { "task", o => o.AdditionalProperties = new() { ["task"] = "chess" } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task What_is_not_possible_is_refused_by_name(string name, Action<ChatOptions> ask)
    {
        var options = new ChatOptions { MaxOutputTokens = 1 };
        ask(options);
        var refusal = await Assert.ThrowsAsync<Moesaic.Formats.BadRequestException>(() => Client.GetResponseAsync(Question, options));
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_that_are_not_possible_are_refused()
    {
        await Refused("ImageContent or DataContent", new ChatMessage(ChatRole.User, [new DataContent(new byte[1], "image/png")]), "DataContent");
        await Refused("a role", new ChatMessage(new ChatRole("root"), "a"), "root");
        await Refused("nothing said", new ChatMessage(ChatRole.User, []), "no content");
        await Refused("mixed", new ChatMessage(ChatRole.Tool, [new TextContent("a"), new FunctionResultContent("1", "b")]), "results of functions");
        await Assert.ThrowsAsync<ContextExceededException>(() => Client.GetResponseAsync(string.Concat(Enumerable.Repeat("word ", 600))));

        async Task Refused(string what, ChatMessage message, string name)
        {
            var refusal = await Assert.ThrowsAsync<Moesaic.Formats.BadRequestException>(() => Client.GetResponseAsync([message]));
            Assert.True(refusal.Message.Contains(name, StringComparison.Ordinal), $"{what}: {refusal.Message}");
        }
    }

    [Fact]
    public async Task A_stream_is_asynchronous_and_leaving_it_frees_the_pages()
    {
        var options = new ChatOptions { Temperature = 1, Seed = 1, RawRepresentationFactory = _ => Endless() };
        var stream = Client.GetStreamingResponseAsync(Question, options).GetAsyncEnumerator();
        var first = stream.MoveNextAsync();
        Assert.False(first.IsCompleted);
        Assert.True(await first);
        Assert.Null(stream.Current.FinishReason);
        Assert.Equal(1, Model.Queue.Status.Running);
        await stream.DisposeAsync();
        await Idle();

        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Client.GetStreamingResponseAsync(Question, options, cancel.Token)) await cancel.CancelAsync();
        });
        await Idle();
        using var late = new CancellationTokenSource();
        await late.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client.GetResponseAsync(Question, options, late.Token));

        // No end of text: a story that goes on as long as somebody listens.
        GenerationOptions Endless() => new()
        {
            MaxTokens = null, Sampling = new() { LogitBias = Model.EndOfTextIds.ToDictionary(id => id, _ => float.NegativeInfinity) },
        };
    }

    async Task Idle()
    {
        var clock = Stopwatch.StartNew();
        while (Model.Queue.Status.Running > 0 && clock.Elapsed < TimeSpan.FromSeconds(20)) await Task.Delay(5);
        Assert.Equal((0, 0, 0), (Model.Queue.Status.Running, Model.Queue.Status.Cache.Used, Model.Queue.Status.Cache.Reserved));
    }

    [Fact]
    public async Task Many_are_answered_together()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Client.GetResponseAsync($"{Question} {i}", new() { MaxOutputTokens = 8 })));
        for (var i = 0; i < answers.Length; i++)
            Assert.Equal((await Client.GetResponseAsync($"{Question} {i}", new() { MaxOutputTokens = 8 })).Text, answers[i].Text);
    }

    [Fact]
    public void Services_are_what_they_are()
    {
        var client = Client;
        Assert.Same(client, client.GetService<MoesaicChatClient>());
        Assert.Same(Model, client.GetService<MoesaicModel>());
        var metadata = client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("moesaic", "demo"), (metadata.ProviderName, metadata.DefaultModelId));
        Assert.Null(client.GetService<string>());
        Assert.Null(client.GetService(typeof(MoesaicModel), "key"));
        client.Dispose();
        Assert.Equal(0, Model.Queue.Status.Waiting);
    }

    [Fact]
    public async Task Without_a_template_there_is_no_chat()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(ShippedModel.Folder).Where(f => !f.EndsWith(".jinja", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        using var model = MoesaicModel.Open(folder.Path, new() { CacheTokens = 64, Name = "base" });
        var refusal = await Assert.ThrowsAsync<Moesaic.Formats.BadRequestException>(() => new MoesaicChatClient(model).GetResponseAsync(Question));
        Assert.Contains("base has no chat template", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_makers_want_is_the_default()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(ShippedModel.Folder)) File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(folder.Path, "generation_config.json"), """{"do_sample": true, "temperature": 1.9, "top_k": 50, "eos_token_id": [7, 9]}""");
        using var model = MoesaicModel.Open(folder.Path, new() { CacheTokens = 512 });
        Assert.Equal(new GenerationDefaults { Temperature = 1.9f, TopK = 50 }, model.Defaults);
        Assert.Superset(new HashSet<int> { 7, 9 }, model.EndOfTextIds.ToHashSet());
        var answers = new HashSet<string>();
        for (var i = 0; i < 4; i++) answers.Add((await new MoesaicChatClient(model).GetResponseAsync(Question, new() { MaxOutputTokens = 10 })).Text);
        Assert.True(answers.Count > 1);
    }
}
