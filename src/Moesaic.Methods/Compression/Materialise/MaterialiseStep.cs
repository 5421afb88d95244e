using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Compression.Materialise;

/// <summary>
/// The step "materialise": a model that only this program reads as a folder of a standard layout that computes the same, for comparison elsewhere.
/// What no standard layout computes is refused by its name. The result is read again and compared.
/// </summary>
/// <param name="options">Number type, how much is compared.</param>
public sealed class MaterialiseStep(MaterialiseStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape();
        var plain = MaterialisedShape.Of(spec);
        var written = (long)(context.Model.WeightBytes * ((double)ParameterCounts.Of(plain.Shape).Total / ParameterCounts.Of(spec).Total));
        return new StepPlan
        {
            Summary = $"the same model as {plain.Layout.ModelType}",
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = options.Compare > 0 ? (context.Model.WeightBytes + written) * 5 / 4 : 2L * sizeof(float) * ParameterCounts.Of(plain.Shape).Total / spec.Layers.Count,
            Seconds = 1 + ((context.Model.WeightBytes + written) / 2e8),
            OutputBytes = written,
            Model = new ModelOutline(plain.Layout.WriteConfig(plain.Shape, options.Type ?? TensorType.BF16), written),
            Notes = plain.Notes,
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        var plain = MaterialisedShape.Of(ModelFolder.ReadSpec(context.InputFolder));
        SavedModel saved;
        TensorType stored;
        using (var source = StoredLayers.Open(context.InputFolder, plain.Kept, RoutingPolicies.None))
        using (var pieces = new MaterialisedLayers(source, plain.Shape))
        {
            stored = source.Weights.PlainType;
            saved = ModelFolder.Save(pieces, context.OutputFolder, new SaveOptions
            {
                Type = options.Type ?? stored, SideFilesFrom = context.InputFolder, ModelType = plain.Layout.ModelType,
            }, context.Cancellation);
        }
        List<Figure> figures = [new("parameters", ParameterCounts.Of(plain.Shape).Total), new("weight_bytes", saved.WeightBytes, "bytes")];
        List<string> notes = [.. plain.Notes];
        if (options.Compare > 0) figures.Add(new("largest_logit_difference", Difference(context.InputFolder, context.OutputFolder, plain.Shape)));
        if (options.Type is { } type && type != stored) notes.Add($"weights are rounded from {stored} to {type}, and logits with them");
        return new StepReport { Summary = $"Wrote the model as {plain.Layout.ModelType}.", Figures = figures, Notes = notes };
    }

    double Difference(string before, string after, ModelSpec spec)
    {
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, Math.Min(options.Compare, spec.MaxPositions)).Select(_ => random.Next(spec.VocabularySize))];
        var (a, b) = (Logits(before, tokens), Logits(after, tokens));
        double most = 0;
        for (var i = 0; i < a.Length; i++) most = Math.Max(most, Math.Abs((double)a[i] - b[i]));
        return double.IsFinite(most) ? most : throw new BadModelException($"{after}: the logits of what was written are not finite.");
    }

    static float[] Logits(string folder, int[] tokens)
    {
        using var loaded = ModelFolder.Load(folder, WeightStorage.Stored);
        var input = PassInput.Sequence(tokens);
        if (loaded.Model.Spec.Tasks.Count > 0) input.Tasks = new int[tokens.Length];
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, input)).Span.ToArray();
    }
}
