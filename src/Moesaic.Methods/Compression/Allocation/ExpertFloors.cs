using Moesaic.Models;

namespace Moesaic.Methods.Compression.Allocation;

/// <summary>How few experts a router can do with.</summary>
public static class ExpertFloors
{
    /// <summary>
    /// K, or with groups so many of each that the kept groups of a token hold K together, that a group that is compared by its best two has
    /// two, and one of which a token takes n has n. With the router's rows preserved a token may find nobody: 1.
    /// </summary>
    /// <param name="router">The router.</param>
    /// <param name="preserveRows">Whether the rows of absent experts stay.</param>
    public static int Of(RouterSpec router, bool preserveRows)
    {
        if (preserveRows) return 1;
        if (router.Groups is not { } groups) return router.Chosen;
        var perGroup = (router.Chosen + groups.Kept - 1) / groups.Kept;
        if (groups.Score == GroupScore.SumOfBestTwo) perGroup = Math.Max(perGroup, 2);
        return groups.Count * Math.Max(perGroup, groups.PerGroup);
    }

    /// <summary>Groups that must stay equally large.</summary>
    public static int Groups(RouterSpec router, bool preserveRows) => preserveRows ? 1 : router.Groups?.Count ?? 1;
}
