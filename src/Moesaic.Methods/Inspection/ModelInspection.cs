using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Inspection;

/// <summary>Says what a checkpoint folder or a GGUF file holds.</summary>
public static class ModelInspection
{
    /// <summary>Describes a model from its configuration, the headers of its weights and its tokenizer.</summary>
    /// <param name="folder">A Hugging Face folder, a GGUF file or the folder of an adapter.</param>
    /// <param name="check">Also reads all weights, so that a missing, left-over, misshapen or not finite tensor is found.</param>
    /// <param name="progress">Is warned of what is wrong and does not keep the model from being read.</param>
    /// <exception cref="BadModelException">It is no model, is damaged, or its architecture is not supported.</exception>
    public static StepReport Inspect(string folder, bool check, IProgressReporter progress)
    {
        if (GgufFile.Is(folder) || AdapterFolder.Is(folder)) return InspectStored(folder, check, progress);
        using var opened = HfFolder.Open(folder);
        var spec = ArchitectureRegistry.Of(opened.Config).ReadSpec(opened.Config);
        var (tensors, notes) = (opened.Weights.Tensors.ToList(), new List<string>(opened.Weights.Notes));
        if (check) notes = CheckWeights(folder);
        if (SideFiles.LeftBehind(folder) is { Count: > 0 } left)
            notes.Add($"files that do not travel with the model: {string.Join(", ", left)}");
        TensorType[] types = [.. tensors.Select(t => t.Type).Distinct().Order()];
        if (types.Length > 1) notes.Add("bytes of the parts are unknown: the weights are of several types");
        AddLayout(spec, ArchitectureRegistry.Of(opened.Config), notes);
        return Report($"{opened.Config.ModelType}, {spec.Layers.Count} layers, weights in {string.Join(", ", types)}",
            folder, spec, tensors.Sum(t => t.ByteLength), c => types is [var only] ? FigureText.Of(c.Total * only.ByteSize()) : "", [], notes, progress);
    }

    static StepReport InspectStored(string path, bool check, IProgressReporter progress)
    {
        using var weights = StoredWeights.Open(path);
        var notes = check ? CheckWeights(path) : [.. weights.Notes];
        AddLayout(weights.Spec, ArchitectureRegistry.MostStandard(weights.Spec, out _), notes);
        // What has no encoding is an adapted matrix, or the projection from a latent, which newer files store in two tensors, one of them turned over.
        var none = AdapterFolder.Is(path) ? "with an adapter" : "of a latent, in two tensors";
        var encodings = weights.Parameters.GroupBy(p => p.Encoding?.Name() ?? none)
            .Select(g => (Name: g.Key, Count: g.Count(), Bytes: g.Sum(p => p.Bytes))).OrderByDescending(e => e.Bytes).ToList();
        var table = new ReportTable("Encodings", ["encoding", "matrices and vectors", "bytes"],
            [.. encodings.Select(e => (IReadOnlyList<string>)[e.Name, FigureText.Of(e.Count), FigureText.Of(e.Bytes)])]);
        return Report($"{weights.Layout}, {weights.Spec.Layers.Count} layers, weights in {string.Join(", ", encodings.Select(e => e.Name))}",
            path, weights.Spec, weights.Bytes, _ => "", [table], notes, progress);
    }

    static List<string> CheckWeights(string path)
    {
        using var loaded = ModelFolder.Load(path);
        return [.. loaded.Notes, "all weights were read: complete, of the right shapes, finite"];
    }

    static void AddLayout(ModelSpec spec, IArchitecture stored, List<string> notes)
    {
        notes.Add($"{stored.ModelType} was compared with {stored.VerifiedBy switch
        {
            Oracles.None => "no outside implementation",
            Oracles.Own => "itself, read and written; its layers are those of the other layouts",
            var oracles => string.Join(" and ", new[] { (Oracles.PyTorch, "PyTorch (logits and gradients)"), (Oracles.LlamaCpp, "llama.cpp (logits)") }
                .Where(o => oracles.HasFlag(o.Item1)).Select(o => o.Item2)),
        }}");
        notes.Add($"the most standard layout that holds this shape: {ArchitectureRegistry.MostStandard(spec, out var refused).ModelType}");
        notes.AddRange(refused);
        if (spec.Tasks.Count > 0) notes.Add($"routers decide by task: {string.Join(", ", spec.Tasks)}");
    }

    static StepReport Report(string summary, string path, ModelSpec spec, long bytes, Func<RoleCount, string> bytesOf,
        IReadOnlyList<ReportTable> more, IReadOnlyList<string> notes, IProgressReporter progress)
    {
        var counts = ParameterCounts.Of(spec);
        if (spec.Routers.Any(r => r.Router.PerTokenVaries))
            notes = [.. notes, "how many experts a token uses depends on the token: active parameters are what routers are balanced for; moesaic evaluate measures them"];
        return new StepReport
        {
            Summary = summary,
            Figures =
            [
                new Figure("parameters", counts.Total),
                new Figure("active_parameters", counts.Active),
                new Figure("weights", bytes, "bytes"),
                new Figure("vocabulary", spec.VocabularySize, "tokens"),
                new Figure("width", spec.Width),
                new Figure("context", spec.MaxPositions, "tokens"),
            ],
            Tables =
            [
                new ReportTable("Parameters", ["part", "in all", "used by a token", "bytes"],
                    [.. counts.Roles.Select(c => (IReadOnlyList<string>)
                        [Words(c.Role), FigureText.Of(c.Total), FigureText.Of(c.Active), bytesOf(c)])]),
                .. more,
                new ReportTable("Layers", ["layers", "attention", "feed-forward"], [.. Layers(spec)]),
                .. TokenizerInspection.Table(path, spec, progress) is { } tokenizer ? [tokenizer] : Array.Empty<ReportTable>(),
            ],
            Notes = notes,
        };
    }

    // Neighbours of the same shape share a row.
    static IEnumerable<IReadOnlyList<string>> Layers(ModelSpec spec)
    {
        var rows = spec.Layers.Select(l => (Attention: LayerText.Of(l.Attention), FeedForward: LayerText.Of(l.FeedForward))).ToList();
        for (int first = 0, next; first < rows.Count; first = next)
        {
            next = first + 1;
            while (next < rows.Count && rows[next] == rows[first]) next++;
            var to = next - first == 1 ? "" : FormattableString.Invariant($" to {next - 1}");
            yield return [FormattableString.Invariant($"{first}{to}"), rows[first].Attention, rows[first].FeedForward];
        }
    }

    static string Words(ParameterRole role) => role switch
    {
        ParameterRole.FeedForward => "dense feed-forward",
        ParameterRole.SharedExperts => "shared experts",
        ParameterRole.Experts => "routed experts",
        ParameterRole.SelectionBias => "selection bias",
        _ => role.ToString().ToLowerInvariant(),
    };
}
