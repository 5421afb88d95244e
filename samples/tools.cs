#:project ../src/Moesaic.Extensions.AI/Moesaic.Extensions.AI.csproj
// A function that the model calls, and an answer of a given form: dotnet run -c Release samples/tools.cs -- models/demo
using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Moesaic.Extensions.AI;

using var model = MoesaicModel.Open(args.FirstOrDefault() ?? "models/demo");
IChatClient client = new MoesaicChatClient(model);

[Description("The weather of a day.")]
static string Weather([Description("Whether it is tomorrow's")] bool tomorrow) => tomorrow ? "rain" : "sun";

var weather = AIFunctionFactory.Create(Weather, "weather");
List<ChatMessage> messages = [new(ChatRole.User, "Do I need an umbrella?")];

// The grammar of the call holds whatever the model; left to itself (ChatToolMode.Auto) it calls when it sees fit.
var asked = await client.GetResponseAsync(messages, new() { Tools = [weather], ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false });
messages.AddRange(asked.Messages);
foreach (var call in asked.Messages[0].Contents.OfType<FunctionCallContent>())
{
    var result = await weather.InvokeAsync(new(call.Arguments));
    Console.WriteLine($"{call.Name}({string.Join(", ", call.Arguments!.Select(a => $"{a.Key}: {a.Value}"))}) = {result}");
    messages.Add(new(ChatRole.Tool, [new FunctionResultContent(call.CallId, result)]));
}

var schema = JsonElement.Parse("""{"type": "object", "properties": {"umbrella": {"type": "boolean"}}, "required": ["umbrella"]}""");
var answer = await client.GetResponseAsync(messages, new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema) });
Console.WriteLine(answer.Text);
