using System.Text.Json.Nodes;

namespace Moesaic.Cli.Ui;

/// <summary>Tasks as events: begin, progress at most once a second, end.</summary>
sealed class JsonDisplay(JsonView view) : IProgressDisplay
{
    public TimeSpan Interval => TimeSpan.FromSeconds(1);

    public TimeSpan Delay => TimeSpan.FromSeconds(1);

    public void Began(ProgressTask task) => view.Write("begin", State(task));

    public void Progressed(ProgressTask task) => view.Write("progress",
    [
        .. State(task), ("rate", JsonView.Number(task.Meter.Rate)), ("seconds_left", JsonView.Number(task.Meter.SecondsLeft)),
        ("figures", JsonView.Figures(task.Figures)),
    ]);

    public void Ended(ProgressTask task) => view.Write("end",
        ("task", task.Title), ("done", JsonView.Number(task.Meter.Done)), ("seconds", JsonView.Number(task.Meter.Elapsed)));

    public void Hide() { }

    static (string, JsonNode?)[] State(ProgressTask task) =>
    [
        ("task", task.Title), ("done", JsonView.Number(task.Meter.Done)), ("total", JsonView.Number(task.Meter.Total)),
        ("unit", task.Unit),
    ];
}
