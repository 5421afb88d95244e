namespace Moesaic.Models.Experts;

/// <summary>
/// More experts per token than a router's K, while training comes down to it. The default adds none. Training starts at the dense model
/// that the experts were made of only if all of them with the router's scale are that model, as with weights that sum to 1 and the
/// scale E; with a scale fitted for K it starts at a larger output.
/// </summary>
/// <param name="From">Experts per token at the start; a router that has fewer takes all.</param>
/// <param name="Remaining">1 at the start, 0 when every router chooses its own K.</param>
public readonly record struct ChosenAnneal(int From, double Remaining)
{
    /// <summary>
    /// How many experts a router chooses: K + (From − K) · Remaining, rounded up; never fewer than K. Selections that do not choose the
    /// K best, hashes, and groups of which so many each are chosen keep theirs.
    /// </summary>
    public int Of(RouterSpec router)
    {
        if (Remaining == 0 || !Reaches(router)) return router.Chosen;
        var most = router.Groups is { } groups ? groups.Kept * (router.Experts / groups.Count) : router.Experts;
        var from = Math.Clamp(From, router.Chosen, most);
        return router.Chosen + (int)Math.Ceiling((from - router.Chosen) * Remaining);
    }

    /// <summary>Whether the number of experts of a router can be annealed.</summary>
    public static bool Reaches(RouterSpec router) =>
        router is { Selection.Kind: SelectionKind.TopK, Score: not RouterScore.Hash, Groups: null or { PerGroup: 0 } };
}
