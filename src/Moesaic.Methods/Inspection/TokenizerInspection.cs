using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Methods.Inspection;

/// <summary>What the tokenizer of a folder is, and whether it fits the model.</summary>
static class TokenizerInspection
{
    public static ReportTable? Table(string folder, ModelSpec spec, IProgressReporter progress)
    {
        try
        {
            var tokenizer = TokenizerLoader.Load(folder);
            if (tokenizer.VocabularySize > spec.VocabularySize)
            {
                progress.Warn(FormattableString.Invariant(
                    $"the tokenizer has {tokenizer.VocabularySize} ids, the model knows the first {spec.VocabularySize} of them: they do not belong together"));
            }
            return new ReportTable("Tokenizer", ["what", "value"],
            [
                ["tokens", FigureText.Of(tokenizer.VocabularySize)],
                ["opens a text", Name(tokenizer, tokenizer.BosId)],
                ["ends a text", string.Join(", ", EndOfText.Ids(folder, spec, tokenizer).Order().Select(id => Name(tokenizer, id)))],
                ["fills a batch", Name(tokenizer, tokenizer.PadId)],
                ["special tokens", FigureText.Of(tokenizer.SpecialIds.Count)],
                ["chat template", Chat(folder, progress)],
            ]);
        }
        catch (BadModelException e)
        {
            progress.Warn($"the tokenizer cannot be used: {e.Message}");
            return null;
        }
    }

    static string Chat(string folder, IProgressReporter progress)
    {
        try
        {
            return ChatTemplate.Find(folder) is null ? "none" : "present";
        }
        catch (BadModelException e)
        {
            progress.Warn($"the chat template cannot be used: {e.Message}");
            return "damaged";
        }
    }

    static string Name(ITokenizer tokenizer, int? id) =>
        id is { } known ? $"{known.ToString(CultureInfo.InvariantCulture)} {Encoding.UTF8.GetString(tokenizer.TokenBytes(known))}".TrimEnd() : "none";
}
