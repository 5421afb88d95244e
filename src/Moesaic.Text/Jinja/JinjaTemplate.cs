using Moesaic.Formats;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Syntax;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja;

/// <summary>
/// A template in the part of Jinja that chat templates use, rendered as jinja2 does in the configuration of
/// transformers' <c>apply_chat_template</c>: trim_blocks, lstrip_blocks, break and continue, <c>{% generation %}</c>,
/// <c>raise_exception</c>, <c>strftime_now</c>, and a <c>tojson</c> that does not escape for HTML. Nothing in a template
/// reaches beyond the values it is given. Instances are immutable and may be used by several threads at once.
/// </summary>
/// <remarks>
/// Not supported, and refused by name: inheritance, includes and imports, <c>block</c>, <c>autoescape</c>, and filters
/// that make no sense in a prompt. Integers are limited to 64 bits; larger ones in the data can be printed.
/// </remarks>
public sealed class JinjaTemplate
{
    readonly TemplateSource source;
    readonly IReadOnlyList<Statement> statements;

    JinjaTemplate(TemplateSource source)
    {
        this.source = source;
        var parser = new StatementParser(source);
        statements = parser.Template();
        HasGenerationBlocks = parser.HasGeneration;
    }

    /// <summary>The template as it was written; line ends are line feeds, and one at its end is left out.</summary>
    public string Text => source.Text;

    /// <summary>Whether the template marks with <c>{% generation %}</c> what the assistant says.</summary>
    public bool HasGenerationBlocks { get; }

    /// <summary>Parses a template.</summary>
    /// <param name="text">The template.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="BadModelException">A syntax error, with line and column.</exception>
    public static JinjaTemplate Parse(string text, string name = "template") => new(new TemplateSource(text, name));

    /// <summary>Renders the template.</summary>
    /// <param name="values">
    /// The variables: null, bool, int, long, float, double, string, JSON elements and nodes, and dictionaries (with string
    /// keys) and sequences of these.
    /// </param>
    /// <param name="limits">Bounds on the cost; null: <see cref="JinjaLimits.Default"/>.</param>
    /// <param name="time">The clock <c>strftime_now</c> reads, in its local zone; null: that of the system.</param>
    /// <exception cref="BadModelException">
    /// The template raised an exception, is wrong for these values, or exceeds a limit; with line and column.
    /// </exception>
    public JinjaOutput Render(
        IReadOnlyDictionary<string, object?> values, JinjaLimits? limits = null, TimeProvider? time = null)
    {
        var provenance = new Provenance();
        var imported = (PythonDict)new Import(provenance).Value(values)!;
        var interpreter = new Interpreter(imported, provenance, limits ?? JinjaLimits.Default, time ?? TimeProvider.System);
        try
        {
            return interpreter.Render(statements);
        }
        catch (JinjaFault fault)
        {
            throw source.Fault(fault.Message, interpreter.At, fault);
        }
    }
}
