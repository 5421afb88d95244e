using System.Diagnostics;
using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;

namespace Moesaic.Inference;

/// <summary>
/// Continues text: the prompt in a few large passes, then one token a pass. Keys and values of tokens that a prompt shares
/// with the sequence before are used again.
/// </summary>
/// <remarks>One generation at a time; not thread-safe.</remarks>
/// <param name="model">Not changed; must outlive this.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="endOfText">Ids that end a text, see <see cref="EndOfText"/>.</param>
/// <param name="chunk">Most prompt tokens per pass; results do not depend on it. Default 256.</param>
public sealed class Generator(Model model, ITokenizer tokenizer, IReadOnlySet<int> endOfText, int chunk = 256) : IDisposable
{
    readonly List<int> sequence = [];
    SequenceDecoder? decoder;

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
        var ids = tokenizer.Encode(prompt, addSpecial: true, parseSpecial: false);
        // A tokenizer that closes texts must not close one that goes on.
        var length = ids.Length;
        while (length > 1 && endOfText.Contains(ids[length - 1])) length--;
        return Generate(ids.AsSpan(0, length), options, write, cancellation);
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
        options.Validate();
        if (prompt.IsEmpty) throw new BadRequestException("The prompt is empty; give at least one token to continue.");
        if (prompt.Length >= Context)
            throw new BadRequestException($"The prompt has {prompt.Length} tokens, the context of the model {Context}; " +
                $"a prompt of at most {Context - 1} leaves room for an answer. It is not shortened for you.");

        var room = Math.Min(options.MaxTokens ?? int.MaxValue, Context - prompt.Length);
        var passes = Prepare(prompt, prompt.Length + room);
        var sampler = new Sampler(options.Sampling, model.Spec.VocabularySize);
        var text = new GeneratedText(new ContinuationDecoder(tokenizer, prompt), new StopScanner(options.Stop), write);

        var clock = Stopwatch.StartNew();
        var logits = passes.Next(prompt[passes.Length..], cancellation);
        var prefill = clock.Elapsed;
        var reason = FinishReason.Length;
        while (true)
        {
            var id = sampler.Next(logits, CollectionsMarshal.AsSpan(sequence));
            sequence.Add(id);
            if (endOfText.Contains(id))
            {
                reason = FinishReason.Eos;
                break;
            }
            if (text.Push(id)) break;
            if (sequence.Count == prompt.Length + room) break;
            cancellation.ThrowIfCancellationRequested();
            logits = passes.Next(id);
        }
        if (text.Finish()) reason = FinishReason.Stop;
        return new GenerationResult(text.ToString(), sequence.GetRange(prompt.Length, sequence.Count - prompt.Length), reason,
            prompt.Length, prefill, clock.Elapsed - prefill);
    }

    /// <summary>A decoder with room for the whole, holding as much of the prompt as the sequence before shares with it.</summary>
    SequenceDecoder Prepare(ReadOnlySpan<int> prompt, int capacity)
    {
        if (decoder is null || decoder.Capacity < capacity)
        {
            decoder?.Dispose();
            decoder = null;
            decoder = new SequenceDecoder(model, capacity, chunk);
        }
        // The last token is always run again: its logits are wanted.
        var shared = Math.Min(CollectionsMarshal.AsSpan(sequence).CommonPrefixLength(prompt), prompt.Length - 1);
        decoder.Rewind(Math.Min(decoder.Length, shared));
        sequence.Clear();
        sequence.AddRange(prompt);
        return decoder;
    }

    /// <summary>Frees keys and values; not the model.</summary>
    public void Dispose() => decoder?.Dispose();
}
