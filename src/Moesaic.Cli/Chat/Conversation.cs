using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Cli.Chat;

/// <summary>The turns so far, and the next answer. What earlier turns left in the engine's cache is not computed again.</summary>
/// <param name="engine">Runs nothing else.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="template">How the model wants conversations written.</param>
/// <param name="options">How to answer.</param>
sealed class Conversation(Engine engine, ITokenizer tokenizer, ChatTemplate template, GenerationOptions options)
{
    static readonly JsonSerializerOptions Layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly List<ChatMessage> messages = [];
    string system = "";

    public IReadOnlyList<ChatMessage> Messages => messages;

    /// <summary>Starts anew with this system message; without one when it is empty.</summary>
    public void StartWith(string systemMessage)
    {
        system = systemMessage;
        Reset();
    }

    /// <summary>Forgets all turns; the system message stays.</summary>
    public void Reset()
    {
        messages.Clear();
        if (system.Length > 0) messages.Add(new ChatMessage("system", system));
    }

    /// <summary>Answers a message. An answer that is stopped stays as far as it got; without one, the message is forgotten.</summary>
    /// <param name="message">What the user says.</param>
    /// <param name="write">Is given the answer piece by piece.</param>
    /// <param name="stop">Stops the answer.</param>
    /// <returns>The whole answer, or null when it was stopped.</returns>
    /// <exception cref="BadRequestException">The conversation leaves no room in the context; the message is forgotten.</exception>
    /// <exception cref="BadModelException">The template refuses the conversation; the message is forgotten.</exception>
    public GenerationResult? Answer(string message, Action<string> write, CancellationToken stop)
    {
        messages.Add(new ChatMessage("user", message));
        var said = new StringBuilder();
        try
        {
            var prompt = template.Encode(tokenizer, messages);
            using var generation = engine.Start(prompt, options, piece =>
            {
                said.Append(piece);
                write(piece);
            });
            while (!generation.HasEnded && !stop.IsCancellationRequested) engine.Step();
            var result = generation.HasEnded ? generation.Result : null;
            if (result is not null || said.Length > 0) messages.Add(new ChatMessage("assistant", said.ToString()));
            return result;
        }
        finally
        {
            if (messages[^1].Role == "user") messages.RemoveAt(messages.Count - 1);
        }
    }

    /// <summary>Writes the turns as one line of JSON, <c>{"messages":[{"role":…,"content":…},…]}</c>.</summary>
    /// <exception cref="BadRequestException">The file cannot be written.</exception>
    public void Save(string file)
    {
        var turns = new JsonArray([.. messages.Select(m => new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]);
        AtomicFile.WriteText(file, new JsonObject { ["messages"] = turns }.ToJsonString(Layout) + "\n");
    }
}
