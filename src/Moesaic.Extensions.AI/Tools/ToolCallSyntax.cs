using System.Text;
using System.Text.Json;
using Moesaic.Inference;
using Moesaic.Text;

namespace Moesaic.Extensions.AI;

/// <summary>What stands around the JSON of calls.</summary>
/// <param name="Open">Before it; empty: a call begins the answer.</param>
/// <param name="Close">Behind it; may be empty.</param>
/// <param name="Arguments">The key of the arguments.</param>
/// <param name="Padding">White space between the marks and the JSON.</param>
/// <param name="IsList">Whether the calls are a JSON array inside one pair of marks; otherwise each has its own.</param>
/// <param name="OnlyOne">Whether an answer has one call at most.</param>
sealed record ToolCallSyntax(string Open, string Close, string Arguments, string Padding, bool IsList = false, bool OnlyOne = false)
{
    /// <summary>Nous Research's Hermes 2 Pro, Qwen 2.5 and 3, and many others.</summary>
    public static readonly ToolCallSyntax Hermes = new("<tool_call>", "</tool_call>", "arguments", "\n");

    /// <summary>Llama 3.1 to 3.3.</summary>
    public static readonly ToolCallSyntax Llama = new("", "", "parameters", "", OnlyOne: true);

    /// <summary>Mistral's models of 2024.</summary>
    public static readonly ToolCallSyntax Mistral = new("[TOOL_CALLS]", "", "arguments", "", IsList: true);

    /// <summary>The calls that are allowed.</summary>
    public Grammar Grammar(ToolSet tools, ITokenizer tokenizer)
    {
        var call = Inference.Grammar.OneOf([.. tools.Callable.Select(Call)]);
        var most = tools.Parallel && !OnlyOne ? ToolSet.MostCalls : 1;
        if (IsList) return Marked(Sequence(Text("["), Several(call, ", ", most), Text("]")));
        return Several(Marked(call), "\n", most);

        Grammar Marked(Grammar inner) => Sequence(Mark(Open), Text(Padding), inner, Text(Padding), Mark(Close));

        // Where the mark is a token of its own the model knows it as that, and its letters would be something else.
        Grammar? Mark(string mark) => Special(mark, tokenizer) is { } id ? Inference.Grammar.Token(id) : Text(mark);
    }

    /// <summary>Marks that are special tokens.</summary>
    public IEnumerable<int> SpecialMarks(ITokenizer tokenizer) => new[] { Open, Close }.Select(mark => Special(mark, tokenizer)).OfType<int>();

    /// <summary>Calls as a model writes them.</summary>
    public string Write(IEnumerable<(string Name, JsonElement Arguments)> calls)
    {
        var texts = calls.Select(call => $"{{\"name\": {Quoted(call.Name)}, \"{Arguments}\": {call.Arguments.GetRawText()}}}").ToList();
        return IsList ? $"{Open}{Padding}[{string.Join(", ", texts)}]{Padding}{Close}" : string.Join("\n", texts.Select(t => $"{Open}{Padding}{t}{Padding}{Close}"));
    }

    Grammar Call(ToolFunction function) => Sequence(Text($"{{\"name\": {Quoted(function.Name)}, \"{Arguments}\": "), function.Arguments(), Text("}"));

    static Grammar Several(Grammar item, string between, int most) =>
        most == 1 ? item : Sequence(item, Inference.Grammar.Repeat(Sequence(Text(between), item), 0, most - 1));

    static Grammar Sequence(params IEnumerable<Grammar?> parts) => Inference.Grammar.Sequence([.. parts.OfType<Grammar>()]);

    static Grammar? Text(string text) => text.Length == 0 ? null : Inference.Grammar.Literal(text);

    static string Quoted(string name) => $"\"{JsonEncodedText.Encode(name)}\"";

    static int? Special(string mark, ITokenizer tokenizer) =>
        mark.Length > 0 && tokenizer.IdOf(mark) is { } id && tokenizer.SpecialIds.Contains(id) ? id : null;
}
