using System.Text;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Steps;

/// <summary>The result of a recipe: the last checkpoint with a card that tells all steps, the recipe and the reports.</summary>
static class OutputFolder
{
    internal static void Publish(RecipeRun run, string? model, IReadOnlyList<StepReportDocument> steps, IReadOnlyList<string> results,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var report = new RunReportDocument { Steps = steps };
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["recipe.yaml"] = run.RecipeText,
            ["report.json"] = JsonSerializer.Serialize(report, ReportJson.Default.RunReportDocument) + "\n",
            ["report.md"] = ReportMarkdown.Of(steps),
        };
        if (files.All(f => IsThere(Path.Combine(run.Output, f.Key), f.Value)))
        {
            progress.Note($"{run.Output} is up to date");
            return;
        }
        // An earlier run that only measured left reports and no model; nothing but these is in the way.
        if (!File.Exists(Path.Combine(run.Output, "config.json")) && Directory.Exists(run.Output))
        {
            foreach (var name in files.Keys) File.Delete(Path.Combine(run.Output, name));
            foreach (var folder in FoldersOf(results)) Discard(Path.Combine(run.Output, folder));
        }
        if (model is not null) files["README.md"] = ModelCard.Write(run, model, steps);

        using var pending = PendingFolder.Create(run.Output, overwrite: true);
        foreach (var folder in results.Where(Directory.Exists).Append(model).OfType<string>()) Copy(folder, pending.Path, run.Output, progress, cancellation);
        foreach (var (name, text) in files) AtomicFile.WriteText(Path.Combine(pending.Path, name), text);
        pending.Commit();
    }

    static void Copy(string model, string target, string output, IProgressReporter progress, CancellationToken cancellation)
    {
        var sources = Directory.GetFiles(model, "*", SearchOption.AllDirectories);
        var bytes = sources.Sum(f => new FileInfo(f).Length);
        DiskSpace.Require(target, bytes, output);
        using var task = progress.Begin($"write {output}", bytes, "bytes");
        var done = 0L;
        foreach (var source in sources.Order(StringComparer.Ordinal))
        {
            cancellation.ThrowIfCancellationRequested();
            using var from = File.OpenRead(source);
            AtomicFile.Write(Path.Combine(target, Path.GetRelativePath(model, source)), from.CopyTo);
            task.Report(done += from.Length);
        }
    }

    static IEnumerable<string> FoldersOf(IEnumerable<string> results) =>
        results.Where(Directory.Exists).SelectMany(Directory.EnumerateDirectories).Select(f => Path.GetFileName(f)).Distinct();

    static void Discard(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    static bool IsThere(string path, string text) =>
        File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text));
}
