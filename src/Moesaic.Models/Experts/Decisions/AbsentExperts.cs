namespace Moesaic.Models.Experts;

/// <summary>
/// Experts that the router chooses and that are not there (<see cref="MixtureSpec.ExpertWidths"/> of 0): the choice goes, the weights of the
/// others were shares of it too.
/// </summary>
static class AbsentExperts
{
    /// <summary>Takes a token's choices of absent experts out; the others move up.</summary>
    /// <param name="absent">E flags.</param>
    /// <param name="ids_K">Changed; −1 behind the last.</param>
    /// <param name="w_K">Their weights, changed alike; 0 behind the last.</param>
    public static void Drop(bool[] absent, Span<int> ids_K, Span<float> w_K)
    {
        var kept = 0;
        for (var j = 0; j < ids_K.Length && ids_K[j] >= 0; j++)
            if (!absent[ids_K[j]]) (ids_K[kept], w_K[kept++]) = (ids_K[j], w_K[j]);
        ids_K[kept..].Fill(-1);
        w_K[kept..].Clear();
    }

    /// <summary>Marks a token's choices of absent experts.</summary>
    public static void Mark(bool[] absent, in Picks picks, int token)
    {
        foreach (ref var code in picks.Of(token))
            if (picks.State(code) == PickState.Kept && absent[code]) code = picks.Marked(code, PickState.Absent);
    }
}
