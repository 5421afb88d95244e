#:project ../src/Moesaic.Extensions.AI/Moesaic.Extensions.AI.csproj
// Several answers as they come, written together: dotnet run -c Release samples/streaming.cs -- models/demo
using Microsoft.Extensions.AI;
using Moesaic.Extensions.AI;

using var model = MoesaicModel.Open(args.FirstOrDefault() ?? "models/demo");
IChatClient client = new MoesaicChatClient(model);
using var cancel = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancel.Cancel();
};

string[] questions = ["What does Parse return?", "When is an ArgumentException thrown?", "What is a span?"];
await Task.WhenAll(questions.Select(async (question, i) =>
{
    await foreach (var update in client.GetStreamingResponseAsync(question, new() { MaxOutputTokens = 40 }, cancel.Token))
        if (update.Text.Length > 0) Console.WriteLine($"{i}: {update.Text.ReplaceLineEndings("\\n")}");
}));
