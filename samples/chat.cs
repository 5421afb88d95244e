#:project ../src/Moesaic.Extensions.AI/Moesaic.Extensions.AI.csproj
// A conversation, line by line: dotnet run -c Release samples/chat.cs -- models/demo
using Microsoft.Extensions.AI;
using Moesaic.Extensions.AI;

using var model = MoesaicModel.Open(args.FirstOrDefault() ?? "models/demo");
IChatClient client = new MoesaicChatClient(model);
var options = new ChatOptions { Temperature = 0.7f, MaxOutputTokens = 100 };
List<ChatMessage> conversation = [new(ChatRole.System, "You know the .NET libraries.")];

while (Console.ReadLine() is { } line)
{
    conversation.Add(new(ChatRole.User, line));
    var answer = await client.GetResponseAsync(conversation, options);
    conversation.AddRange(answer.Messages);
    Console.WriteLine(answer.Text);
    Console.WriteLine($"({answer.FinishReason}: {answer.Usage!.InputTokenCount} tokens read, {answer.Usage.CachedInputTokenCount} of them known, {answer.Usage.OutputTokenCount} written)");
}
