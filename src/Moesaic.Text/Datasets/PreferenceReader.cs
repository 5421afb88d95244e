using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Datasets;

/// <summary>Reads preference pairs from JSON Lines and JSON arrays.</summary>
public static class PreferenceReader
{
    /// <summary>Reads the pairs of one file, or of all data files below a folder in ordinal order of their paths.</summary>
    /// <remarks>
    /// A record has <c>chosen</c> and <c>rejected</c>: a string, a turn (role, content; or from, value), a list of that
    /// turn alone, or the whole conversation as a list of turns of which all but the last are the same in both. The prompt is <c>conversations</c> (from,
    /// value), <c>messages</c>, or a question (<c>prompt</c>, <c>instruction</c> or <c>question</c>, optionally with <c>input</c>
    /// or <c>context</c>); with whole conversations it is found in them. <c>system</c> goes before. Other keys are not used.
    /// </remarks>
    /// <param name="path">A file or a folder.</param>
    /// <param name="report">Receives counts and the files left out; without it other files in a folder are refused.</param>
    /// <exception cref="BadModelException">Nothing to read, or a record that is no pair: the message names file and line.</exception>
    public static IEnumerable<Preference> Read(string path, DatasetReport? report = null)
    {
        var files = DatasetReader.FilesOf(path, report);
        report ??= new DatasetReport();
        foreach (var file in files)
        {
            if (DatasetReader.Extension(file) == ".txt")
                throw new BadModelException($"{file}: running text holds no preference pairs; they are records in .jsonl or .json.");
            report.Files++;
            foreach (var (record, where) in JsonRecords.Read(file))
            {
                report.Documents++;
                yield return Read(record, where);
            }
        }
        if (report.Documents == 0) throw new BadModelException($"{path}: the dataset is empty: {report.Files} file(s) hold no preference pair.");
    }

    static Preference Read(JsonElement record, string where)
    {
        if (record.ValueKind != JsonValueKind.Object || !record.TryGetProperty("chosen", out var chosen) || !record.TryGetProperty("rejected", out var rejected))
            throw new BadModelException($"{where}: a preference pair must be an object with chosen and rejected.");
        if (Alone(chosen) && Alone(rejected)) (chosen, rejected) = (chosen[0], rejected[0]);
        if (chosen.ValueKind == JsonValueKind.Array) return Whole(record, chosen, rejected, where);

        var (prompt, plain) = Prompt(record, where);
        plain &= chosen.ValueKind == JsonValueKind.String && rejected.ValueKind == JsonValueKind.String;
        var withSystem = DocumentRecord.WithSystem(record, prompt, where);
        return new Preference(where, withSystem, Answer(chosen, $"{where}, chosen"), Answer(rejected, $"{where}, rejected"),
            plain && withSystem.Count == 1);
    }

    // A list of the answer alone: the prompt is elsewhere.
    static bool Alone(JsonElement answer) => answer.ValueKind == JsonValueKind.Array && answer.GetArrayLength() == 1;

    static Preference Whole(JsonElement record, JsonElement chosen, JsonElement rejected, string where)
    {
        var (better, worse) = (Turns(chosen, $"{where}, chosen"), Turns(rejected, $"{where}, rejected"));
        if (better.Count != worse.Count || better.Count < 2 || !better.SkipLast(1).Zip(worse).All(p => Same(p.First, p.Second)))
            throw new BadModelException($"{where}: chosen and rejected are whole conversations, and must be the same up to their last turns.");
        return new Preference(where, DocumentRecord.WithSystem(record, [.. better.SkipLast(1)], where),
            OfAssistant(better[^1], $"{where}, chosen"), OfAssistant(worse[^1], $"{where}, rejected"), IsPlain: false);
    }

    static (IReadOnlyList<ChatMessage> Turns, bool Plain) Prompt(JsonElement record, string where)
    {
        foreach (var key in (string[])["conversations", "messages", "prompt"])
            if (record.TryGetProperty(key, out var turns) && turns.ValueKind == JsonValueKind.Array) return (Turns(turns, where), false);
        foreach (var key in DocumentRecord.Questions)
        {
            if (DocumentRecord.Find(record, [key], where) is not { } question) continue;
            if (DocumentRecord.Find(record, DocumentRecord.Inputs, where) is { Length: > 0 } input) question += "\n\n" + input;
            return ([new ChatMessage("user", question)], true);
        }
        throw new BadModelException($"{where}: the pair has no prompt: known are conversations, messages, prompt, instruction, question.");
    }

    static IReadOnlyList<ChatMessage> Turns(JsonElement turns, string where) =>
        turns.ValueKind == JsonValueKind.Array && turns.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } first
            && first.TryGetProperty("from", out _) ? DocumentRecord.ShareGpt(turns, where) : ChatMessageReader.Read(turns, where);

    static ChatMessage Answer(JsonElement answer, string where) => answer.ValueKind switch
    {
        JsonValueKind.String => new ChatMessage("assistant", answer.GetString()),
        JsonValueKind.Object when answer.TryGetProperty("from", out _) => OfAssistant(DocumentRecord.ShareGptTurn(answer, where), where),
        JsonValueKind.Object => OfAssistant(ChatMessageReader.ReadOne(answer, where), where),
        _ => throw new BadModelException($"{where}: an answer must be a string or a turn, this is {StrictJson.Describe(answer)}."),
    };

    static ChatMessage OfAssistant(ChatMessage answer, string where) => answer.Role == "assistant" ? answer
        : throw new BadModelException($"{where}: the answer is of {answer.Role}, it must be the assistant's.");

    static bool Same(ChatMessage one, ChatMessage other) =>
        string.Equals(one.Role, other.Role, StringComparison.Ordinal) && string.Equals(one.Content, other.Content, StringComparison.Ordinal);
}
