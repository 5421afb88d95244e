using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>Conversations as a model reads them.</summary>
public static class ChatPrompt
{
    /// <summary>
    /// Encodes a conversation as the model's template writes it. Names of special tokens in what was said are characters: nobody's words can
    /// end a turn or begin another.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="messages">The turns.</param>
    /// <param name="tools">The functions that may be called, or null; with <see cref="ToolChoice.None"/> they are not told.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>.</param>
    /// <param name="addGenerationPrompt">Whether to end with what makes the model answer.</param>
    /// <exception cref="BadRequestException">The model has no template, or the template refuses the conversation.</exception>
    public static int[] Encode(
        MoesaicModel model, IReadOnlyList<ChatMessage> messages, ToolSet? tools = null,
        IReadOnlyDictionary<string, object?>? variables = null, bool addGenerationPrompt = true)
    {
        if (model.Template is not { } template)
            throw new BadRequestException($"{model.Name} has no chat template: it continues text and was not made to answer. Ask for a completion, or give a template.");
        if (messages.Count == 0) throw new BadRequestException("The conversation holds no message.");
        if (tools is { Choice: ToolChoice.None }) tools = null;
        messages = ToolMessages.Prepare(messages, tools, model.ToolCalls);
        var listed = tools is null || model.ToolCalls.IsDescribed ? null : ToolFunction.Json(tools.Functions) as System.Text.Json.JsonElement?;
        try
        {
            return template.Encode(model.Tokenizer, messages, listed, addGenerationPrompt, variables);
        }
        catch (BadModelException e)
        {
            throw new BadRequestException($"The chat template of {model.Name} does not take this conversation: {e.Message}", e);
        }
    }
}
