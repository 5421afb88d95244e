using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Ui;

/// <summary>The view for programs: JSON Lines, an object per event. The events are described in docs/cli.md.</summary>
sealed class JsonView : IView
{
    // Quotes and letters beyond ASCII as they are: the lines go to programs and logs, not into HTML.
    static readonly JsonSerializerOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly TextWriter output;
    readonly TextWriter error;
    readonly ProgressStack stack;

    public JsonView(TextWriter output, TextWriter error, TimeProvider time)
    {
        this.output = output;
        this.error = error;
        stack = new ProgressStack(new JsonDisplay(this), time);
    }

    public IProgressTask Begin(string title, double total, string unit, double done = 0) => stack.Begin(title, total, unit, done);

    public void Measured(string title, IReadOnlyList<Figure> figures) =>
        Write("measured", ("title", title), ("figures", Figures(figures)));

    public void Note(string message) => Write("note", ("message", message));

    public void Warn(string message) => Write("warning", ("message", message));

    public void Line(string text) => Write("line", ("text", text));

    public void Text(string piece) => Write("text", ("text", piece));

    public void Table(ReportTable table) => Write("table", Fields(table));

    public void Plan(RunPlan plan) => Write("plan", ("steps", List(plan.Steps, s => Object(
        ("verb", s.Verb),
        ("summary", s.Plan.Summary),
        ("inputs", List(s.Plan.Inputs, i => Object(("name", i.Name), ("path", i.Path), ("hash", i.Hash)))),
        ("read_bytes", s.Plan.ReadBytes),
        ("peak_memory_bytes", s.Plan.PeakMemoryBytes),
        ("output_bytes", s.Plan.OutputBytes),
        ("seconds", Number(s.Plan.Seconds)),
        ("notes", List(s.Plan.Notes, n => n))))));

    public void Report(string verb, StepReport report) => Write("report",
        ("verb", verb), ("summary", report.Summary), ("figures", Figures(report.Figures)),
        ("tables", List(report.Tables, t => Object(Fields(t)))),
        ("curves", List(report.Curves, c => Object(("key", c.Key), ("unit", c.Unit), ("along", c.Along),
            ("places", List(c.Places, p => Number(p)!)), ("values", List(c.Values, v => Number(v)!))))), ("passages", List(report.Passages, p => Object(("title", p.Title),
            ("pieces", List(p.Pieces, i => Object(("text", i.Text), ("label", i.Label))))))),
        ("notes", List(report.Notes, n => n)));

    public void Error(string message, int exitCode)
    {
        Write("error", ("message", message), ("exit_code", exitCode));
        stack.Above(() => error.WriteLine($"error: {message}"));
    }

    internal void Write(string name, params ReadOnlySpan<(string Key, JsonNode? Value)> fields)
    {
        var line = Object([("event", name), .. fields]);
        lock (stack)
        {
            output.WriteLine(line.ToJsonString(Layout));
            output.Flush();
        }
    }

    internal static JsonArray Figures(IReadOnlyList<Figure> figures) =>
        List(figures, f => Object(("key", f.Key), ("value", Number(f.Value)), ("unit", f.Unit)));

    /// <summary>JSON has no NaN and no infinity: null stands for them.</summary>
    internal static JsonNode? Number(double? value) =>
        value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    static (string, JsonNode?)[] Fields(ReportTable table) =>
    [
        ("title", table.Title), ("columns", List(table.Columns, c => c)), ("rows", List(table.Rows, r => List(r, c => c))),
    ];

    static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> item) => new([.. items.Select(item)]);

    static JsonObject Object(params ReadOnlySpan<(string Key, JsonNode? Value)> fields)
    {
        var result = new JsonObject();
        foreach (var (key, value) in fields) result.Add(key, value);
        return result;
    }
}
