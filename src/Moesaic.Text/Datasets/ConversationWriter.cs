using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Chat;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Datasets;

/// <summary>
/// Writes conversations for training. What the assistant says is found by the template's generation blocks or else as the
/// difference between the conversation up to a turn with its generation prompt and the same with the turn.
/// </summary>
sealed class ConversationWriter(ChatTemplate template, IReadOnlyDictionary<string, object?>? variables)
{
    const string Advice = "Train one turn per sample (OneTurnPerSample), or use a template with generation blocks.";

    /// <summary>The whole conversation as one text.</summary>
    /// <exception cref="BadRequestException">The template writes a turn differently when others follow.</exception>
    public ConversationText Whole(IReadOnlyList<ChatMessage> messages, JsonElement? tools, string where)
    {
        var whole = Render(messages, tools, where);
        if (template.HasGenerationBlocks) return Marked(whole, whole.Generated, where);

        var learnt = new List<Range>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (!IsAssistant(messages[i])) continue;
            var (text, start) = UpTo(i, messages, tools, where);
            if (!whole.Text.StartsWith(text.Text, StringComparison.Ordinal))
                throw new BadRequestException($"{where}: the chat template is not prefix-stable: it writes message {i + 1} " +
                    $"(assistant) differently when others follow: {Difference(text.Text, whole.Text)}. {Advice}");
            learnt.Add(start..text.Text.Length);
        }
        return new ConversationText(whole.Text, learnt, whole.Given);
    }

    /// <summary>One text an assistant turn, which ends with it.</summary>
    public IEnumerable<ConversationText> TurnByTurn(IReadOnlyList<ChatMessage> messages, JsonElement? tools, string where)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            if (!IsAssistant(messages[i])) continue;
            if (template.HasGenerationBlocks)
            {
                var marked = Render(Until(messages, i + 1), tools, where);
                yield return Marked(marked, [.. marked.Generated.TakeLast(1)], where);
            }
            else
            {
                var (text, start) = UpTo(i, messages, tools, where);
                yield return new ConversationText(text.Text, [start..text.Text.Length], text.Given);
            }
        }
    }

    JinjaOutput Render(IReadOnlyList<ChatMessage> messages, JsonElement? tools, string where)
    {
        try
        {
            return template.RenderMarked(messages, tools, false, variables);
        }
        catch (BadModelException fault)
        {
            throw new BadModelException($"{where}: the chat template refuses this conversation: {fault.Message}", fault);
        }
    }

    (JinjaOutput Text, int Start) UpTo(int turn, IReadOnlyList<ChatMessage> messages, JsonElement? tools, string where)
    {
        try
        {
            var prompt = template.Render(Until(messages, turn), tools, true, variables);
            var text = template.RenderMarked(Until(messages, turn + 1), tools, false, variables);
            if (text.Text.StartsWith(prompt, StringComparison.Ordinal)) return (text, prompt.Length);
            throw new BadRequestException($"{where}: what the assistant says in message {turn + 1} can not be told from its context: " +
                $"the chat template writes the prompt differently once the answer follows: {Difference(prompt, text.Text)}. " +
                "Use a template with generation blocks.");
        }
        catch (BadModelException fault)
        {
            throw new BadRequestException($"{where}: what the assistant says in message {turn + 1} can not be found, since the chat " +
                $"template does not write the conversation up to there: {fault.Message} Use a template with generation blocks.", fault);
        }
    }

    static ConversationText Marked(JinjaOutput output, IReadOnlyList<Range> learnt, string where) => learnt.Count > 0
        ? new ConversationText(output.Text, learnt, output.Given)
        : throw new BadRequestException($"{where}: the chat template has generation blocks but marked nothing: the conversation " +
            "has no assistant turn with content, or the blocks stand inside a macro, where they have no place in the text.");

    static bool IsAssistant(ChatMessage message) => string.Equals(message.Role, "assistant", StringComparison.Ordinal);

    static List<ChatMessage> Until(IReadOnlyList<ChatMessage> messages, int count) => [.. messages.Take(count)];

    static string Difference(string expected, string actual)
    {
        var at = expected.AsSpan().CommonPrefixLength(actual);
        return $"after {at} characters \"{Glimpse(expected, at)}\" becomes \"{Glimpse(actual, at)}\"";

        static string Glimpse(string text, int at) =>
            text.Substring(at, Math.Min(40, text.Length - at)).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
