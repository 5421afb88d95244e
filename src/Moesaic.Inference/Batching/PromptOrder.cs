using Moesaic.Models.Layers;

namespace Moesaic.Inference;

/// <summary>
/// Divides a step among prompts: those with the shortest rest come first, so that a short one does not wait for a long one that came
/// before; but the oldest gets a page of every step, so that none waits for ever.
/// </summary>
/// <param name="chunk">Tokens of a step.</param>
sealed class PromptOrder(int chunk)
{
    readonly List<BatchSequence> prompts = [];
    BatchSequence? oldest;
    int room;

    public int Count => prompts.Count;

    public BatchSequence this[int i] => prompts[i];

    public void Clear()
    {
        prompts.Clear();
        (oldest, room) = (null, chunk);
    }

    /// <summary>Takes a prompt; the oldest first.</summary>
    public void Add(BatchSequence prompt)
    {
        oldest ??= prompt;
        var at = prompts.Count;
        while (at > 0 && prompts[at - 1].Waiting > prompt.Waiting) at--;
        prompts.Insert(at, prompt);
    }

    /// <summary>Tokens of the prompt of that number; to be asked in the order of the numbers.</summary>
    public int Share(int i)
    {
        var prompt = prompts[i];
        if (prompt == oldest) oldest = null;
        var most = room - (oldest is null ? 0 : Math.Min(PagedCache.PageTokens, chunk / 2));
        var count = Math.Min(prompt.Waiting, most);
        // Up to the end of a page: the pages of the next step are then whole, and may be another sequence's.
        if (count < prompt.Waiting && chunk >= PagedCache.PageTokens) count -= (prompt.Computed + count) % PagedCache.PageTokens;
        if (count <= 0) return 0;
        room -= count;
        return count;
    }
}
