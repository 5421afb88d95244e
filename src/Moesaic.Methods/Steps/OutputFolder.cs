using System.Text;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Steps;

/// <summary>The result of a recipe: the last checkpoint with a card that tells all steps, the recipe and the reports.</summary>
static class OutputFolder
{
    internal static void Publish(RecipeRun run, string? model, IReadOnlyList<StepReportDocument> steps,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["recipe.yaml"] = run.RecipeText,
            ["report.json"] = JsonSerializer.Serialize(new RunReportDocument { Steps = steps }, ReportJson.Default.RunReportDocument) + "\n",
            ["report.md"] = ReportMarkdown.Of(steps),
        };
        if (files.All(f => IsThere(Path.Combine(run.Output, f.Key), f.Value)))
        {
            progress.Note($"{run.Output} is up to date");
            return;
        }
        if (model is null)
        {
            foreach (var (name, text) in files) AtomicFile.WriteText(Path.Combine(run.Output, name), text);
            return;
        }
        files["README.md"] = ModelCard.Write(run, model, steps, SilentProgress.Instance);
        Copy(run.Output, model, files, progress, cancellation);
    }

    static void Copy(string output, string model, Dictionary<string, string> files, IProgressReporter progress, CancellationToken cancellation)
    {
        using var pending = PendingFolder.Create(output, overwrite: true);
        var sources = Directory.GetFiles(model, "*", SearchOption.AllDirectories);
        var sizes = sources.Sum(f => new FileInfo(f).Length);
        DiskSpace.Require(pending.Path, sizes, output);
        using var task = progress.Begin($"write {output}", sizes, "bytes");
        var done = 0L;
        foreach (var source in sources.Order(StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            var target = Path.Combine(pending.Path, Path.GetRelativePath(model, source));
            using var from = File.OpenRead(source);
            AtomicFile.Write(target, from.CopyTo);
            task.Report(done += from.Length);
        }
        foreach (var (name, text) in files) AtomicFile.WriteText(Path.Combine(pending.Path, name), text);
        pending.Commit();
    }

    static bool IsThere(string path, string text) =>
        File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text));
}
