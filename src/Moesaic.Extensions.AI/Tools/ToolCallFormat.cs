using System.Collections.Frozen;
using Moesaic.Inference;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>
/// How a model writes calls of functions: found out from what its chat template makes of one. Models whose template knows no functions, or writes
/// their calls in a way that is not known here, have them described in a system message and are asked to write as Hermes does.
/// </summary>
public sealed class ToolCallFormat
{
    readonly ITokenizer tokenizer;

    ToolCallFormat(string name, ToolCallSyntax syntax, ITokenizer tokenizer, bool isDescribed = false)
    {
        (Name, Syntax, IsDescribed, this.tokenizer) = (name, syntax, isDescribed, tokenizer);
        Shown = syntax.SpecialMarks(tokenizer).ToFrozenSet();
    }

    /// <summary>Of a template.</summary>
    /// <param name="template">The template, or null for a model without one.</param>
    /// <param name="tokenizer">The model's.</param>
    public static ToolCallFormat Of(ChatTemplate? template, ITokenizer tokenizer) => (template is null ? null : ToolCallProbe.Find(template)) switch
    {
        { } syntax when syntax == ToolCallSyntax.Hermes => new("hermes", syntax, tokenizer),
        { } syntax when syntax == ToolCallSyntax.Llama => new("llama", syntax, tokenizer),
        { } syntax => new("mistral", syntax, tokenizer),
        null => new("described", ToolCallSyntax.Hermes, tokenizer, isDescribed: true),
    };

    /// <summary>"hermes", "llama", "mistral" or "described".</summary>
    public string Name { get; }

    /// <summary>Special tokens that are text where functions may be called: for <see cref="GenerationOptions.Shown"/>.</summary>
    public IReadOnlySet<int> Shown { get; }

    internal ToolCallSyntax Syntax { get; }

    /// <summary>Whether the functions are described in a system message of ours.</summary>
    internal bool IsDescribed { get; }

    /// <summary>What an answer may be; null for anything.</summary>
    /// <param name="tools">The functions.</param>
    /// <param name="answer">What an answer that is no call has to be, or null for any text.</param>
    /// <exception cref="Formats.BadRequestException">A schema of parameters that has to hold is wrong or uses what is not supported.</exception>
    public Grammar? Grammar(ToolSet tools, Grammar? answer = null) => tools.Choice switch
    {
        ToolChoice.None => answer,
        ToolChoice.Required => Syntax.Grammar(tools, tokenizer),
        _ => answer is null ? null : Inference.Grammar.OneOf(answer, Syntax.Grammar(tools, tokenizer)),
    };

    /// <summary>Reads an answer as it comes.</summary>
    /// <param name="tools">The functions.</param>
    public ToolCallParser Parser(ToolSet tools) => new(Syntax, tools);
}
