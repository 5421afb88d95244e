using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// 100 times the mean of both scores of <see cref="SignatureTask"/>, on methods of the training part: those that evaluate measures stay unseen. The whole model is in
/// memory.
/// </summary>
/// <param name="folder">Of the model that is searched, whose tokenizer this is.</param>
/// <param name="options">How many methods, and how many tokens of each.</param>
sealed class SignatureMetric(string folder, EepOptions options) : IModelMetric
{
    IReadOnlyList<SignatureItem> first = [], second = [];

    public bool HasOther => true;

    public string Described => string.Create(CultureInfo.InvariantCulture, $"the documentation of {first.Count:N0} methods");

    /// <summary>What of it belongs to a step's identity.</summary>
    public static StepInput Input => new("signatures", null, TextData.Docs.Hash);

    /// <summary>Refuses models that do not generate, from the shape alone.</summary>
    public static void Check(ModelSpec spec)
    {
        if (DecodableRouters.WhyNot(spec) is { } reason) throw new BadRequestException($"metric signature lets the model write documentation: {reason}.");
        if (spec.Tasks.Count > 0) throw new BadRequestException("metric signature names no task, and the model's routers decide by one; take metric loss.");
    }

    public double Measure(ModelPieces model, bool other, CancellationToken cancellation)
    {
        using var whole = model.Whole();
        var tokenizer = ModelTokenizer.Load(folder, whole.Spec);
        var writer = new SignatureTask(whole, tokenizer, EndOfText.Ids(folder, whole.Spec, tokenizer));
        if (first.Count == 0)
        {
            var both = writer.Choose(TextData.Docs.Signatures(CorpusSplit.Train), 2 * options.SignatureItems, options.SignatureTokens);
            (first, second) = ([.. both.Where((_, i) => i % 2 == 0)], [.. both.Where((_, i) => i % 2 == 1)]);
        }
        var items = other ? second : first;
        var scores = SignatureScores.Of(items, writer.Write(items, options.SignatureTokens, cancellation: cancellation));
        return 100 * (scores.Parameters + scores.Verb) / 2;
    }
}
