using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Models;
using Moesaic.Text;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Evaluation;

/// <summary>
/// A generation task with a gold answer: a model that learned API documentation is given the signature of a method of a namespace it never saw, and writes the documentation,
/// greedily. Counted are the parameters it describes by their names, and whether the first sentence has the true verb.
/// </summary>
/// <param name="model">Not changed.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="endOfText">Ids that end a text.</param>
public sealed class SignatureTask(Model model, ITokenizer tokenizer, IReadOnlySet<int> endOfText)
{
    const int AtOnce = 16;

    /// <summary>
    /// So many items, evenly spread over those whose signature leaves room in the model's context: the same ones whatever the seed, so that models compare by pairs.
    /// </summary>
    /// <param name="items">All.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="tokens">Room for the documentation.</param>
    /// <exception cref="BadRequestException">None leaves room.</exception>
    public IReadOnlyList<SignatureItem> Choose(IReadOnlyList<SignatureItem> items, int count, int tokens)
    {
        SignatureItem[] fitting = [.. items.Where(i => Prompt(i).Length + tokens <= model.Spec.MaxPositions)];
        if (fitting.Length == 0)
            throw new BadRequestException($"No signature leaves room for {tokens} tokens of documentation in a context of {model.Spec.MaxPositions}; ask for fewer signature_tokens.");
        return fitting.Length <= count ? fitting : [.. Enumerable.Range(0, count).Select(i => fitting[(int)((long)i * fitting.Length / count)])];
    }

    /// <summary>Writes the documentation of each method.</summary>
    /// <param name="items">The methods.</param>
    /// <param name="tokens">Most tokens of a documentation.</param>
    /// <param name="task">For a model whose routers decide by one; else null.</param>
    /// <param name="progress">Is told how many are done, or null.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public IReadOnlyList<string> Write(IReadOnlyList<SignatureItem> items, int tokens, string? task = null, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        int[][] prompts = [.. items.Select(Prompt)];
        var room = prompts.OrderByDescending(p => p.Length).Take(AtOnce).Sum(p => p.Length + tokens + 16);      // 16: pages are whole
        using var queue = new GenerationQueue(new Engine(model, tokenizer, endOfText, new BatchOptions { CacheTokens = room, ReusesPrefixes = false }),
            new QueueOptions { Capacity = Math.Max(1, items.Count), Running = AtOnce });
        var options = new GenerationOptions { MaxTokens = tokens, Task = task };
        var texts = prompts.Select(p => queue.Generate(new GenerationRequest { Prompt = p, Options = options }, cancellation).ToEndAsync()).ToArray();
        var written = new string[items.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            written[i] = texts[i].GetAwaiter().GetResult()[0].Text;
            progress?.Invoke(i + 1);
        }
        return written;
    }

    int[] Prompt(SignatureItem item)
    {
        var ids = tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: false);
        // A tokenizer that closes texts must not close one that goes on.
        var length = ids.Length;
        while (length > 1 && endOfText.Contains(ids[length - 1])) length--;
        return ids[..length];
    }
}
