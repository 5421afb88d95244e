using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;

namespace Moesaic.Server.Tests;

/// <summary>The official client of OpenAI for .NET, against the model that ships.</summary>
public class OpenAiClientTests
{
    static OpenAIClient Client(RunningServer server, string key = "any") => new(
        new ApiKeyCredential(key),
        new OpenAIClientOptions { Endpoint = new Uri(server.Server.Addresses[0], "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    static ChatClient Chat(RunningServer server) => Client(server).GetChatClient("demo");

    static readonly ChatTool Weather = ChatTool.CreateFunctionTool("get_weather", "The weather of a town", BinaryData.FromString(
        """{"type": "object", "properties": {"town": {"enum": ["Paris", "Rome"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["town", "days"], "additionalProperties": false}"""));

    [Fact]
    public async Task Models_are_listed()
    {
        await using var server = await RunningServer.DemoAsync();
        OpenAIModelCollection models = await Client(server).GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal("demo", Assert.Single(models).Id);
        OpenAIModel model = await Client(server).GetOpenAIModelClient().GetModelAsync("demo");
        Assert.Equal("moesaic", model.OwnedBy);
        var missing = await Assert.ThrowsAsync<ClientResultException>(() => Client(server).GetOpenAIModelClient().GetModelAsync("other"));
        Assert.Equal(404, missing.Status);
    }

    [Fact]
    public async Task Conversations_are_answered()
    {
        await using var server = await RunningServer.DemoAsync();
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 12, Temperature = 0, IncludeLogProbabilities = true, TopLogProbabilityCount = 3, EndUserId = "me" };
        ChatCompletion answer = await Chat(server).CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("What is List<T>?")], options);
        Assert.Equal("demo", answer.Model);
        Assert.Equal(ChatMessageRole.Assistant, answer.Role);
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal(answer.Usage.OutputTokenCount, answer.ContentTokenLogProbabilities.Count);
        Assert.Equal(answer.Usage.InputTokenCount + answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount);
        Assert.All(answer.ContentTokenLogProbabilities, token =>
        {
            Assert.Equal(3, token.TopLogProbabilities.Count);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
        });
    }

    [Fact]
    public async Task Answers_stream()
    {
        await using var server = await RunningServer.DemoAsync();
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 20, Temperature = 0 };
        ChatMessage[] messages = [new UserChatMessage("What does Add return?")];
        ChatCompletion whole = await Chat(server).CompleteChatAsync(messages, options);
        var (text, updates, usage, reason) = ("", 0, default(ChatTokenUsage), default(ChatFinishReason?));
        await foreach (var update in Chat(server).CompleteChatStreamingAsync(messages, options))
        {
            updates++;
            text += string.Concat(update.ContentUpdate.Select(c => c.Text));
            usage = update.Usage ?? usage;
            reason = update.FinishReason ?? reason;
        }
        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(whole.FinishReason, reason);
        Assert.Equal(whole.Usage.OutputTokenCount, usage!.OutputTokenCount);
        Assert.True(updates > 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_required_function_is_called(int seed)
    {
        await using var server = await RunningServer.DemoAsync();
#pragma warning disable OPENAI001 // The seed is for evaluation only.
        var options = new ChatCompletionOptions { Temperature = 1.5f, Seed = seed, Tools = { Weather }, ToolChoice = ChatToolChoice.CreateRequiredChoice(), AllowParallelToolCalls = false };
#pragma warning restore OPENAI001
        var messages = new List<ChatMessage> { new UserChatMessage("Weather in Rome?") };
        ChatCompletion answer = await Chat(server).CompleteChatAsync(messages, options);
        Assert.Equal(ChatFinishReason.ToolCalls, answer.FinishReason);
        var call = Assert.Single(answer.ToolCalls);
        Assert.Equal("get_weather", call.FunctionName);
        var arguments = JsonElement.Parse(call.FunctionArguments.ToString());
        Assert.InRange(arguments.GetProperty("days").GetInt32(), 1, 9);

        messages.Add(new AssistantChatMessage(answer));
        messages.Add(new ToolChatMessage(call.Id, "sunny"));
        ChatCompletion after = await Chat(server).CompleteChatAsync(messages, new ChatCompletionOptions { MaxOutputTokenCount = 5, Tools = { Weather } });
        Assert.NotEqual(0, after.Usage.OutputTokenCount);
    }

    [Fact]
    public async Task A_call_streams()
    {
        await using var server = await RunningServer.DemoAsync();
        var options = new ChatCompletionOptions { Temperature = 0, Tools = { Weather }, ToolChoice = ChatToolChoice.CreateFunctionChoice("get_weather"), AllowParallelToolCalls = false };
        var (name, id, arguments, reason) = ("", "", "", default(ChatFinishReason?));
        await foreach (var update in Chat(server).CompleteChatStreamingAsync([new UserChatMessage("Rome?")], options))
        {
            foreach (var call in update.ToolCallUpdates)
            {
                Assert.Equal(0, call.Index);
                (name, id, arguments) = (name + call.FunctionName, id + call.ToolCallId, arguments + call.FunctionArgumentsUpdate);
            }
            reason = update.FinishReason ?? reason;
        }
        Assert.Equal(("get_weather", ChatFinishReason.ToolCalls), (name, reason));
        Assert.NotEmpty(id);
        Assert.Contains("town", arguments, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Structured_output_has_the_structure()
    {
        await using var server = await RunningServer.DemoAsync();
        var options = new ChatCompletionOptions
        {
            Temperature = 1.3f,
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat("town", BinaryData.FromString(
                """{"type": "object", "properties": {"name": {"type": "string", "maxLength": 20}, "size": {"type": "integer"}}, "required": ["name", "size"], "additionalProperties": false}"""),
                jsonSchemaIsStrict: true),
        };
        ChatCompletion answer = await Chat(server).CompleteChatAsync([new UserChatMessage("A town, please.")], options);
        var json = JsonElement.Parse(answer.Content[0].Text);
        Assert.Equal(JsonValueKind.Number, json.GetProperty("size").ValueKind);
        Assert.True(json.GetProperty("name").GetString()!.Length <= 40);
    }

    [Fact]
    public async Task Texts_become_vectors()
    {
        await using var server = await RunningServer.DemoAsync();
        OpenAIEmbeddingCollection vectors = await Client(server).GetEmbeddingClient("demo").GenerateEmbeddingsAsync(["a list", "a dictionary"]);
        Assert.Equal(2, vectors.Count);
        Assert.Equal(256, vectors[0].ToFloats().Length);
        var one = vectors[0].ToFloats().ToArray();
        Assert.Equal(1, Math.Sqrt(one.Sum(x => (double)x * x)), 5);
        // The client asks for base64; numbers are the same.
        var plain = await server.AskAsync("/v1/embeddings", """{"model": "demo", "input": "a list"}""");
        Assert.Equal(one, plain.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(x => x.GetSingle()));
    }

    [Fact]
    public async Task Refusals_are_the_clients_exceptions()
    {
        await using var server = await RunningServer.DemoAsync();
        var tooLong = await Assert.ThrowsAsync<ClientResultException>(
            () => Chat(server).CompleteChatAsync([new UserChatMessage(string.Concat(Enumerable.Repeat("word ", 2000)))]));
        Assert.Equal(400, tooLong.Status);
        Assert.Contains("context_length_exceeded", tooLong.Message, StringComparison.Ordinal);
        var other = await Assert.ThrowsAsync<ClientResultException>(() => Client(server).GetChatClient("other").CompleteChatAsync([new UserChatMessage("hi")]));
        Assert.Equal(404, other.Status);
    }

    [Fact]
    public async Task A_key_opens_the_server()
    {
        const string Key = "0123456789abcdef-secret";
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Keys = [Key] });
        ChatCompletion answer = await Client(server, Key).GetChatClient("demo").CompleteChatAsync([new UserChatMessage("hi")], new ChatCompletionOptions { MaxOutputTokenCount = 1 });
        Assert.Equal(1, answer.Usage.OutputTokenCount);
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => Client(server, "0123456789abcdef-secreT").GetChatClient("demo").CompleteChatAsync([new UserChatMessage("hi")]));
        Assert.Equal(401, refused.Status);
    }
}
