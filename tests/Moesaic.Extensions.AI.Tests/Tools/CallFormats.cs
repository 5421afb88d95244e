using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Tests;

namespace Moesaic.Extensions.AI.Tests.Tools;

/// <summary>One format of calls of each kind.</summary>
static class CallFormats
{
    public static readonly ITokenizer Tokenizer = new ByteTokenizer(false, "<s>", "</s>", "[TOOL_CALLS]", "<tool_call>", "</tool_call>");
    public static readonly ITokenizer Plain = new ByteTokenizer(false, "<s>", "</s>");

    public static readonly ToolFunction Weather = new("get_weather", "The weather.", System.Text.Json.JsonElement.Parse("""
        {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"type": "integer", "minimum": 1, "maximum": 9}}, "required": ["city"]}
        """));

    public static readonly ToolFunction Now = new("now");

    public static ToolCallFormat Of(string name, ITokenizer? tokenizer = null) => ToolCallFormat.Of(name switch
    {
        "hermes" => Template("Qwen-Qwen2.5-7B-Instruct"),
        "mistral" => Template("mistralai-Mistral-Nemo-Instruct-2407"),
        "llama" => Template("own-builtin-tools"),
        _ => null,
    }, tokenizer ?? Tokenizer);

    public static ChatTemplate Template(string file) => ChatTemplate.Parse(ShippedModel.Template(file), Tokenizer, file);
}
