namespace Moesaic.Models;

/// <summary>
/// What evaluation does with a router's choices beyond the router itself: it only takes choices away, so that a token computes fewer experts than
/// K. Data in the checkpoint, which can be replaced at run time. Training and passes that record gradients decide without it. The rules
/// are applied together: a choice stays if every rule lets it; but for <see cref="Masked"/> a token's best expert always does. Ranks are those of the
/// affinities of a token's choices. The default takes nothing away.
/// </summary>
public sealed record RoutingPolicy
{
    /// <summary>Takes nothing away.</summary>
    public static RoutingPolicy None { get; } = new();

    /// <summary>The first so many of the router's choices stay, 1 to K; null: all. ⌈2K/3⌉ is the usual start.</summary>
    public int? Chosen { get; init; }

    /// <summary>
    /// β: the choice of rank 2 stays if its affinity is at least the first number times that of the best (NAEE, Lu et al. 2024, section 3.3: the median over
    /// tokens). Of ranks 3 and on by the second number and on, the last for all further ones: as many choices stay, the best ones, as reach the number of their rank.
    /// 0 to 1 each; empty: all stay.
    /// </summary>
    public IReadOnlyList<float> Ratios { get; init; } = [];

    /// <summary>
    /// p: the fewest choices, best first, stay whose affinities reach this share of those of all choices; above 0, 1: all (Huang et al. 2024,
    /// "harder tasks need more experts").
    /// </summary>
    public float Share { get; init; } = 1;

    /// <summary>Whether <see cref="Share"/> is one of the affinities of all experts, not of those chosen. Default: of those chosen.</summary>
    public bool ShareOfAll { get; init; }

    /// <summary>ε: choices stay whose part of the affinities of all experts, times E, is above this; 0: all (DS-MoE, Pan et al. 2024).</summary>
    public float Threshold { get; init; }

    /// <summary>Tokens to which the rules above do not apply, or null.</summary>
    public TokenProtection? Protection { get; init; }

    /// <summary>Numbers of experts that nobody may choose: their logits are −∞ before the selection. Default: none.</summary>
    public IReadOnlyList<int> Masked { get; init; } = [];

    /// <summary>
    /// Whether the weights of the choices that stay are raised to the sum that there was with those that go. Null: as the router does it, raised
    /// where it renormalises over the chosen, left alone where it does not.
    /// </summary>
    public bool? Renormalise { get; init; }

    /// <summary>The same for choices of experts that are not there (<see cref="MixtureSpec.HasAbsent"/>). Default: left alone.</summary>
    public bool RenormaliseAbsent { get; init; }

    /// <summary>Whether some choices may go, those of absent experts aside.</summary>
    public bool Takes => Chosen is not null || Ratios.Any(b => b > 0) || Share < 1 || Threshold > 0 || Masked.Count > 0 || Protection is { Dropped: > 0 };

    /// <summary>Why the policy means nothing at a router, or null.</summary>
    /// <param name="router">The router.</param>
    public string? WhyNot(RouterSpec router) =>
        Chosen is { } chosen && (chosen < 1 || chosen > router.Chosen) ? $"{chosen} experts per token; the router chooses {router.Chosen} and a policy leaves 1 to that many"
        : Chosen is not null && (router.Selection.Kind != SelectionKind.TopK || router.Groups is { PerGroup: > 0 })
            ? "a number of experts per token means nothing to a router that does not choose the K best of all"
        : Ratios.Any(b => b is not (>= 0 and <= 1)) ? "ratios to the best expert are 0 to 1"
        : Ratios.Count >= router.Experts ? $"{Ratios.Count} ratios for the ranks after the best of {router.Experts} experts"
        : Share is not (> 0 and <= 1) ? $"a share of {Share}; need above 0 to 1"
        : ShareOfAll && Share == 1 ? "all of the affinities are no limit; give a share below 1"
        : !(float.IsFinite(Threshold) && Threshold >= 0) ? $"a threshold of {Threshold}; need 0 or more"
        : Protection is { } p && (p.Protected is not (>= 0 and <= 1) || p.Dropped is not (>= 0 and <= 1) || p.Protected + p.Dropped > 1 || p.Protected + p.Dropped == 0)
            ? $"{p.Protected} of the tokens protected and {p.Dropped} dropped; need shares of 0 to 1 that sum to 1 at most"
        : Protection is { Dropped: 0 } && !(this with { Protection = null, Masked = [] }).Takes ? "tokens are protected from nothing; add a rule that takes choices away"
        : WhyNotMasked(router)
        ?? (Renormalise == true && router.Weight == CombineWeight.One ? "weights of one are not renormalised"
        : Renormalise == true && !router.SumsToScale && !Experts.PlainDecision.Fits(router)
            ? "weights that the router does not renormalise are raised only where it chooses the K best of all, without a capacity"
        : RenormaliseAbsent && !router.SumsToScale ? "weights that the router does not renormalise cannot be so over the experts that are there" : null);

    string? WhyNotMasked(RouterSpec router)
    {
        if (Masked.Count == 0) return null;
        if (Masked.Any(e => e < 0 || e >= router.Experts) || Masked.Distinct().Count() != Masked.Count)
            return $"masked experts need different numbers from 0 to {router.Experts - 1}";
        if (router.Experts - Masked.Count < router.Chosen) return $"{router.Experts - Masked.Count} experts are left by the mask, and a token gets {router.Chosen}";
        if (router.Map is not null) return "experts behind a probability map cannot be masked; take their rows out of the map";
        if (router.Groups is not { } groups) return null;
        var size = router.Experts / groups.Count;
        int[] left = [.. Enumerable.Range(0, groups.Count).Select(g => size - Masked.Count(e => e / size == g))];
        var least = groups.Score == GroupScore.SumOfBestTwo ? 2 : Math.Max(1, groups.PerGroup);
        int[] usable = [.. left.Where(n => n >= least).Order()];
        return usable.Length < groups.Kept || usable.Take(groups.Kept).Sum() < router.Chosen
            ? $"the mask leaves {string.Join(", ", left)} experts in the groups, too few for a token to choose {router.Chosen} of {groups.Kept} groups" : null;
    }

    /// <inheritdoc/>
    public bool Equals(RoutingPolicy? other) => other is not null && Chosen == other.Chosen && Ratios.SequenceEqual(other.Ratios)
        && (Share, ShareOfAll, Threshold, Protection) == (other.Share, other.ShareOfAll, other.Threshold, other.Protection)
        && Masked.SequenceEqual(other.Masked) && (Renormalise, RenormaliseAbsent) == (other.Renormalise, other.RenormaliseAbsent);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Chosen, Ratios.Count, Share, Threshold, Protection, Masked.Count, Renormalise);
}

/// <summary>
/// The most important tokens of a prompt keep all their experts (online dynamic pruning, MC-MoE, Huang et al. 2025). A token's importance is
/// ‖x‖₁ of what the experts see times the attention it receives on average, over heads and over the tokens of its sequence from itself on, in the same layer.
/// Of a sequence the tokens of a pass are ranked: a window of text that is evaluated, a prompt, which is therefore never divided, or what is appended to it in one piece.
/// Keys of earlier passes do not count, and a token that is decoded alone is neither protected nor dropped.
/// </summary>
/// <param name="Protected">τ_h: the share of the tokens of a sequence in the pass that is protected, rounded up. The paper has 0.02.</param>
/// <param name="Dropped">τ_l: the share, rounded down, of the least important ones, which use no routed expert. Default 0.</param>
public sealed record TokenProtection(float Protected, float Dropped = 0);
