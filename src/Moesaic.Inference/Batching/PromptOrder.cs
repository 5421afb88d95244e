using Moesaic.Models.Layers;

namespace Moesaic.Inference;

/// <summary>
/// Divides a step among prompts. Those with the shortest rest come first, and one with more than a step's tokens takes no part in a step of
/// others, so that a short one waits for one step of a long one at most. But the oldest never gives way for more than
/// <see cref="MostGivingWay"/> steps in a row: then it gets a page, so that none waits for ever.
/// Where prompts must be read whole, the oldest is, and others after it as they fit.
/// </summary>
/// <param name="chunk">Tokens of a step.</param>
sealed class PromptOrder(int chunk)
{
    /// <summary>Rows of a long prompt cost more than others, since they attend to all of it: one step of four is what a short prompt may share with them.</summary>
    public const int MostGivingWay = 3;

    readonly List<BatchSequence> prompts = [];
    BatchSequence? oldest;
    int room, givingWay;

    /// <summary>Whether a prompt is never divided, however long it is.</summary>
    public bool Whole { get; set; }

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
        while (!Whole && at > 0 && prompts[at - 1].Waiting > prompt.Waiting) at--;
        prompts.Insert(at, prompt);
    }

    /// <summary>Tokens of the prompt of that number; to be asked in the order of the numbers.</summary>
    public int Share(int i)
    {
        var prompt = prompts[i];
        if (Whole)
        {
            if (i > 0 && prompt.Waiting > room) return 0;
            room -= prompt.Waiting;
            return prompt.Waiting;
        }
        var page = givingWay < MostGivingWay ? 0 : Math.Min(PagedCache.PageTokens, Math.Max(1, chunk / 2));
        var most = prompt == oldest || oldest is null ? room : room - page;
        if (room < chunk && prompt.Waiting > chunk) most = prompt == oldest ? Math.Min(room, page) : 0;
        var count = Math.Min(prompt.Waiting, most);
        // Up to the end of a page: the pages of the next step are then whole, and may be another sequence's.
        if (count < prompt.Waiting && chunk >= PagedCache.PageTokens && !(prompt == oldest && page > 0)) count -= (prompt.Computed + count) % PagedCache.PageTokens;
        count = Math.Max(0, count);
        if (prompt == oldest) (oldest, givingWay) = (null, count > 0 ? 0 : givingWay + 1);
        room -= count;
        return count;
    }
}
