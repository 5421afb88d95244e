using System.Text;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Chat;

/// <summary>
/// How a model wants conversations written. Instances are immutable and may be used by several threads at once.
/// </summary>
public sealed class ChatTemplate
{
    readonly JinjaTemplate plain;
    readonly JinjaTemplate withTools;
    readonly IReadOnlyDictionary<string, string> specialTokens;

    internal ChatTemplate(JinjaTemplate plain, JinjaTemplate? withTools, IReadOnlyDictionary<string, string> specialTokens)
    {
        this.plain = plain;
        this.withTools = withTools ?? plain;
        this.specialTokens = specialTokens;
    }

    /// <summary>Bounds on the cost of one rendering.</summary>
    public JinjaLimits Limits { get; init; } = JinjaLimits.Default;

    /// <summary>The clock of templates that write today's date.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The template of conversations without functions, as <see cref="JinjaTemplate.Text"/> has it.</summary>
    public string Text => plain.Text;

    /// <summary>Whether the template itself marks what the assistant says; see <see cref="RenderMarked"/>.</summary>
    public bool HasGenerationBlocks => plain.HasGenerationBlocks;

    /// <summary>
    /// Reads a model's template: <c>chat_template.jinja</c> (and <c>additional_chat_templates/tool_use.jinja</c>), else
    /// <c>chat_template</c> in <c>tokenizer_config.json</c>: one template, or a list of named ones, of which
    /// <c>default</c> and, for conversations with tools, <c>tool_use</c> are used.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="BadModelException">The folder has no template, or one that is not understood.</exception>
    public static ChatTemplate Load(string folder) => Find(folder) ?? throw new BadModelException(
        $"{folder}: the model has no chat template: neither chat_template.jinja nor chat_template in tokenizer_config.json. " +
        "A base model completes text; to train one on conversations, give it a template.");

    /// <summary>As <see cref="Load"/>, but null for a model without a template.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="BadModelException">The template is not understood.</exception>
    public static ChatTemplate? Find(string folder) => ChatTemplateFiles.Read(folder);

    /// <summary>Makes a template from its text.</summary>
    /// <param name="template">The Jinja text.</param>
    /// <param name="specialTokens">The names a template may use, such as <c>bos_token</c> and <c>eos_token</c>.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="BadModelException">A syntax error, with line and column.</exception>
    public static ChatTemplate Parse(
        string template, IReadOnlyDictionary<string, string>? specialTokens = null, string name = "chat template") =>
        new(JinjaTemplate.Parse(template, name), null, specialTokens ?? new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Makes a template from its text, with the special tokens of a tokenizer.</summary>
    /// <param name="template">The Jinja text.</param>
    /// <param name="tokenizer">Gives <c>bos_token</c>, <c>eos_token</c> and <c>pad_token</c>, as far as it has them.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="BadModelException">A syntax error, with line and column.</exception>
    public static ChatTemplate Parse(string template, ITokenizer tokenizer, string name = "chat template")
    {
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (role, id) in new[] { ("bos_token", tokenizer.BosId), ("eos_token", tokenizer.EosId), ("pad_token", tokenizer.PadId) })
            if (id is { } known) tokens[role] = Encoding.UTF8.GetString(tokenizer.TokenBytes(known));
        return Parse(template, tokens, name);
    }

    /// <summary>Writes a conversation.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="tools">The functions the model may call: a JSON array in the form of the OpenAI protocol, or null.</param>
    /// <param name="addGenerationPrompt">Whether to end with what makes the model answer.</param>
    /// <param name="extra">
    /// Further variables of this template, such as <c>enable_thinking</c> or <c>documents</c>; values as
    /// <see cref="JinjaTemplate.Render"/> takes them.
    /// </param>
    /// <exception cref="BadModelException">The template refuses the conversation, or fails on it.</exception>
    public string Render(
        IReadOnlyList<ChatMessage> messages, JsonElement? tools = null, bool addGenerationPrompt = true,
        IReadOnlyDictionary<string, object?>? extra = null) => RenderMarked(messages, tools, addGenerationPrompt, extra).Text;

    /// <summary>
    /// Writes a conversation as token ids. Names of special tokens stand for tokens only where the template wrote them: in what
    /// is said, called or answered they are text, so that nobody's words can end a turn or begin another. Elsewhere the ids
    /// are those of the text of <see cref="Render"/>.
    /// </summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="messages">The turns.</param>
    /// <param name="tools">The functions the model may call, or null.</param>
    /// <param name="addGenerationPrompt">Whether to end with what makes the model answer.</param>
    /// <param name="extra">Further variables of this template.</param>
    /// <exception cref="BadModelException">The template refuses the conversation, or fails on it.</exception>
    public int[] Encode(
        ITokenizer tokenizer, IReadOnlyList<ChatMessage> messages, JsonElement? tools = null, bool addGenerationPrompt = true,
        IReadOnlyDictionary<string, object?>? extra = null)
    {
        var output = RenderMarked(messages, tools, addGenerationPrompt, extra);
        return tokenizer.EncodeAround(output.Text, output.Given);
    }

    /// <summary>
    /// As <see cref="Render"/>, with the character ranges of what the assistant says where the template marks it, and of what
    /// the template took from the messages, tools and variables. Roles count as the template's words: some templates make
    /// special tokens of them.
    /// </summary>
    /// <param name="messages">The turns.</param>
    /// <param name="tools">The functions the model may call, or null.</param>
    /// <param name="addGenerationPrompt">Whether to end with what makes the model answer.</param>
    /// <param name="extra">Further variables of this template.</param>
    /// <exception cref="BadModelException">The template refuses the conversation, or fails on it.</exception>
    public JinjaOutput RenderMarked(
        IReadOnlyList<ChatMessage> messages, JsonElement? tools = null, bool addGenerationPrompt = true,
        IReadOnlyDictionary<string, object?>? extra = null)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal) { ["documents"] = null };
        foreach (var (name, token) in specialTokens) values[name] = new TemplateWords(token);
        foreach (var (name, value) in extra ?? new Dictionary<string, object?>()) values[name] = value;
        values["messages"] = messages.Select(Values).ToList();
        values["tools"] = tools;
        values["add_generation_prompt"] = addGenerationPrompt;
        return (tools is null ? plain : withTools).Render(values, Limits, Time);
    }

    /// <summary>
    /// A message as templates expect it. What is absent is left out, except the content, which is empty: most templates
    /// add it to other text without looking, and would fail or write "None".
    /// </summary>
    static Dictionary<string, object?> Values(ChatMessage message)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["role"] = new TemplateWords(message.Role), ["content"] = message.Content ?? "",
        };
        Add("name", message.Name);
        Add("tool_call_id", message.ToolCallId);
        Add("reasoning_content", message.ReasoningContent);
        Add("tool_calls", message.ToolCalls?.Select(Values).ToList());
        foreach (var (name, value) in message.Extra ?? new Dictionary<string, JsonElement>()) values[name] = value;
        return values;

        void Add(string name, object? value)
        {
            if (value is not null) values[name] = value;
        }
    }

    static Dictionary<string, object?> Values(ChatToolCall call)
    {
        var function = new Dictionary<string, object?>(StringComparer.Ordinal) { ["name"] = call.Name, ["arguments"] = call.Arguments };
        var values = new Dictionary<string, object?>(StringComparer.Ordinal) { ["type"] = "function", ["function"] = function };
        if (call.Id is not null) values["id"] = call.Id;
        return values;
    }
}
