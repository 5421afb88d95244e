using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>Finds out how a chat template writes calls: by giving it one.</summary>
static class ToolCallProbe
{
    const string Called = "probe_called", Listed = "probe_listed", Id = "a1b2c3d4e";

    static readonly JsonElement Arguments = JsonElement.Parse("""{"probe_key": "probe_value"}""");
    static readonly JsonElement Tools = ToolFunction.Json([new ToolFunction(Listed, "A function.", JsonElement.Parse(
        """{"type": "object", "properties": {"probe_key": {"type": "string", "description": "A text."}}, "required": ["probe_key"]}"""))]);

    /// <summary>The syntax of the template; null when it does not list functions, or does not write calls in a way that is known.</summary>
    public static ToolCallSyntax? Find(ChatTemplate template)
    {
        try
        {
            if (!template.Render([new("user", "a")], Tools).Contains(Listed, StringComparison.Ordinal)) return null;
            var call = new ChatMessage("assistant", null) { ToolCalls = [new(Called, Arguments, Id)] };
            var answer = new ChatMessage("tool", "b") { ToolCallId = Id, Name = Called };
            var text = string.Concat(template.Render([new("user", "a"), call, answer], Tools).Where(c => !char.IsWhiteSpace(c)));
            return new[] { ToolCallSyntax.Hermes, ToolCallSyntax.Mistral, ToolCallSyntax.Llama }.FirstOrDefault(s => text.Contains(Beginning(s), StringComparison.Ordinal));
        }
        catch (BadModelException)
        {
            // It refuses functions, or their answers.
            return null;
        }
    }

    static string Beginning(ToolCallSyntax syntax) =>
        $"{syntax.Open}{(syntax.IsList ? "[" : "")}{{\"name\":\"{Called}\",\"{syntax.Arguments}\":{{\"probe_key\"";
}
