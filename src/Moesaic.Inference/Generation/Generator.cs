using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Text;

namespace Moesaic.Inference;

/// <summary>
/// Continues text, one at a time: an <see cref="Engine"/> whose cache grows with the longest text so far. Keys and values of
/// tokens that a prompt shares with earlier ones are used again, until the cache has to grow.
/// </summary>
/// <remarks>One generation at a time; not thread-safe.</remarks>
/// <param name="model">Not changed; must outlive this.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="endOfText">Ids that end a text, see <see cref="EndOfText"/>.</param>
/// <param name="chunk">Most prompt tokens per pass; results do not depend on it. Default 256.</param>
/// <param name="encoding">How keys and values are stored. Default: as computed.</param>
public sealed class Generator(
    Model model, ITokenizer tokenizer, IReadOnlySet<int> endOfText, int chunk = 256, CacheEncoding encoding = CacheEncoding.F32)
    : IDisposable
{
    Engine? engine;

    /// <summary>Longest prompt and text together, in tokens.</summary>
    public int Context => model.Spec.MaxPositions;

    /// <summary>Continues a text. Names of special tokens in it are ordinary characters.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="write">Is given each piece of text as soon as it is certain, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <inheritdoc cref="Generate(ReadOnlySpan{int}, GenerationOptions, Action{string}, CancellationToken)"/>
    public GenerationResult Generate(
        string prompt, GenerationOptions options, Action<string>? write = null, CancellationToken cancellation = default)
    {
        return Generate(EndOfText.EncodeOpen(tokenizer, prompt, endOfText), options, write, cancellation);
    }

    /// <summary>Continues a sequence of tokens.</summary>
    /// <param name="prompt">Token ids, one or more.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="write">Is given each piece of text as soon as it is certain, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="BadRequestException">The prompt is empty or leaves no room in the context, or an option is out of range.</exception>
    /// <exception cref="BadModelException">The model computes no usable logits.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was written stays written.</exception>
    public GenerationResult Generate(
        ReadOnlySpan<int> prompt, GenerationOptions options, Action<string>? write = null, CancellationToken cancellation = default)
    {
        using var generation = Large(prompt.Length, options).Start(prompt, options, write);
        while (!generation.HasEnded) engine!.Step(cancellation);
        return generation.Result;
    }

    /// <summary>An engine whose cache holds the whole.</summary>
    Engine Large(int promptTokens, GenerationOptions options)
    {
        var wanted = (int)Math.Clamp(promptTokens + (long)(options.MaxTokens ?? int.MaxValue), 1, Context);
        if (engine?.Context >= wanted) return engine;
        var grown = (int)Math.Min(Context, Math.Max(wanted, 2L * (engine?.Context ?? 0)));
        engine?.Dispose();
        engine = null;
        return engine = new Engine(model, tokenizer, endOfText, new BatchOptions { CacheTokens = grown, Chunk = chunk, Encoding = encoding });
    }

    /// <summary>Frees keys and values; not the model.</summary>
    public void Dispose() => engine?.Dispose();
}
