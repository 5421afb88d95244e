using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>Preference pairs as token samples: the better answer of pair i is sample 2i, the worse 2i + 1. Only answers are predicted.</summary>
/// <param name="Training">Pairs to learn from, packed.</param>
/// <param name="HeldOut">Pairs to measure on, or null.</param>
sealed record PreferenceData(PackedDataset Training, PackedDataset? HeldOut)
{
    /// <summary>Reads, tokenizes and packs.</summary>
    /// <param name="options">What to read.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The model's, or null.</param>
    /// <param name="context">Of the step.</param>
    /// <param name="notes">Is told what was left out.</param>
    /// <exception cref="BadRequestException">Conversations without a template, or as running text.</exception>
    public static PreferenceData Read(DpoStepOptions options, ITokenizer tokenizer, ChatTemplate? template, StepContext context, List<string> notes)
    {
        if (!options.AsText && template is null)
            throw new BadRequestException("The model has no chat template to write the pairs as conversations; as_text reads them as running text.");
        var builder = new SampleBuilder(tokenizer, null, template);
        var pairs = options.Data.SelectMany(path => Pairs(path, notes)).ToList();
        List<Preference> heldOut = options.HeldOut is { } other ? [.. Pairs(other, notes)] : [];
        if (options.HeldOutShare > 0 || options.Pairs < pairs.Count)
        {
            var order = Shuffle.Order(pairs.Count, context.Seed, epoch: 0);
            var held = (int)Math.Ceiling(options.HeldOutShare * pairs.Count);
            heldOut.AddRange(order.Take(held).Select(i => pairs[i]));
            // What is learned keeps the order of the data.
            pairs = [.. order.Skip(held).Take(options.Pairs ?? pairs.Count).Order().Select(i => pairs[i])];
        }
        if (options.Pairs > pairs.Count) notes.Add($"{pairs.Count} pairs to learn from, fewer than the {options.Pairs} asked for");
        return new PreferenceData(Pack(pairs, "training"), heldOut.Count > 0 ? Pack(heldOut, "held-out") : null);

        PackedDataset Pack(List<Preference> some, string what)
        {
            var (samples, same, tooLong) = (new List<TokenizedSample>(), 0, 0);
            foreach (var pair in some)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var (better, worse) = (Sample(pair, pair.Chosen), Sample(pair, pair.Rejected));
                if (better.Tokens.AsSpan().SequenceEqual(worse.Tokens)) same++;
                else if (Math.Max(better.Tokens.Length, worse.Tokens.Length) - 1 > options.Context) tooLong++;
                else samples.AddRange([better, worse]);
            }
            if (same > 0) notes.Add($"{same:N0} {what} pairs left out: their answers are the same");
            if (tooLong > 0) notes.Add($"{tooLong:N0} of {some.Count:N0} {what} pairs left out: longer than {options.Context:N0} tokens (context)");
            if (samples.Count == 0)
                throw new BadModelException($"No {what} pairs are left: of {some.Count:N0}, the answers of {same:N0} are the same and {tooLong:N0} are longer than {options.Context:N0} tokens.");
            var packed = PackedDataset.Pack(samples, 2 * options.Context, new PackingOptions { Together = 2 });
            if (packed.Report.LeftOutPieces > 0) notes.Add($"{packed.Report.LeftOutPieces / 2:N0} {what} pairs left out: an answer has no token to predict");
            notes.Add($"{packed.Report.Pieces / 2:N0} {what} pairs of {packed.Report.Tokens:N0} tokens, {packed.Report.Targets:N0} of them in answers, in {packed.Blocks:N0} blocks");
            return packed;
        }

        TokenizedSample Sample(Preference pair, ChatMessage answer)
        {
            if (!options.AsText) return builder.FromLastTurn([.. pair.Prompt, answer], pair.Source);
            return pair.IsPlain ? builder.FromContinuation(pair.Prompt[0].Content ?? "", answer.Content ?? "") : throw new BadRequestException(
                $"{pair.Source}: this pair is a conversation and has no form as running text; leave as_text out.");
        }
    }

    /// <summary>The pairs of a file or folder, and what was left out of it.</summary>
    static List<Preference> Pairs(string path, List<string> notes)
    {
        var report = new DatasetReport();
        List<Preference> pairs = [.. PreferenceReader.Read(path, report)];
        if (report.SkippedFiles.Count > 0) notes.Add($"{path}: no data by their extension and left out: {string.Join(", ", report.SkippedFiles)}");
        return pairs;
    }
}
