using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Answers;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Security;

namespace Moesaic.Server.Tests.Answers;

public class ChatTextTests
{
    [Theory]
    [InlineData(FinishReason.Stop, "tool_calls")]
    [InlineData(FinishReason.Length, "length")]
    public void An_answer_with_calls_that_was_cut_off_says_so(FinishReason reason, string expected)
    {
        using var model = MoesaicModel.Open(RunningServer.DemoFolder);
        var request = JsonSerializer.Deserialize("""
            { "messages": [{ "role": "user", "content": "a" }], "tools": [{ "type": "function", "function": { "name": "f" } }] }
            """, ServerJson.Default.ChatRequest)!;
        var plan = ChatPlan.Of(request, model, new ServerOptions(), new Caller(0, false, "c"));
        var piece = new GenerationPiece { Text = "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n<tool_call>", FinishReason = reason };
        var choice = new ChatText(0, plan, model).Whole(piece);
        Assert.Equal("f", Assert.Single(choice.Message!.ToolCalls!).Function!.Name);
        Assert.Equal(expected, choice.FinishReason);
    }
}
