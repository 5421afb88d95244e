using System.Globalization;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Steps;

/// <summary>The place of one step: work folder / number-verb / state.json, report.json, report.md, model, work.</summary>
sealed class StepFolder(string workFolder, int number, string verb)
{
    public string Path { get; } = System.IO.Path.Combine(workFolder, FormattableString.Invariant($"{number}-{verb}"));

    public string State => In("state.json");

    public string ReportJsonFile => In("report.json");

    public string Model => In("model");

    public string Work => In("work");

    string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The state an earlier run left at this number, whatever its verb was.</summary>
    internal StepState? EarlierState() =>
        Numbered(workFolder, n => n == number)
            .Select(f => StepState.Load(System.IO.Path.Combine(f, "state.json"))).FirstOrDefault(s => s is not null);

    internal StepReportDocument LoadReport()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(ReportJsonFile), ReportJson.Default.StepReportDocument)!;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException($"{ReportJsonFile} is damaged ({e.Message}); delete the folder {Path} and run again.", e);
        }
    }

    internal void SaveReport(StepReportDocument document)
    {
        AtomicFile.WriteText(ReportJsonFile, JsonSerializer.Serialize(document, ReportJson.Default.StepReportDocument) + "\n");
        AtomicFile.WriteText(In("report.md"), ReportMarkdown.Of(document));
    }

    /// <summary>Removes the folders of this step and all after it.</summary>
    internal void DiscardFromHere()
    {
        foreach (var folder in Numbered(workFolder, n => n >= number)) Directory.Delete(folder, recursive: true);
    }

    static IEnumerable<string> Numbered(string workFolder, Func<int, bool> wanted) =>
        Directory.EnumerateDirectories(workFolder).Order(StringComparer.Ordinal).Where(folder =>
        {
            var name = System.IO.Path.GetFileName(folder);
            var dash = name.IndexOf('-', StringComparison.Ordinal);
            return dash > 0 && wanted(int.TryParse(
                name.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0);
        });
}
