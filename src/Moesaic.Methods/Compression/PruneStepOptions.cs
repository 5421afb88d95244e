using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression;

/// <summary>Options of the step "prune": which experts of a mixture stay.</summary>
public sealed record PruneStepOptions : IValidatableObject
{
    /// <summary>How experts are ranked.</summary>
    public PruneMethod Method { get; init; } = PruneMethod.Reap;

    /// <summary>The part of the experts that goes; this or keep.</summary>
    [Range(0, 1)]
    public double? Ratio { get; init; }

    /// <summary>Experts that every layer keeps; this or ratio.</summary>
    [Unit("experts")]
    [Range(1, 1 << 20)]
    public int? Keep { get; init; }

    /// <summary>layer_drop, block_drop: how many feed-forwards or layers go; this or ratio.</summary>
    [Unit("layers")]
    [Range(0, 1 << 20)]
    public int? Count { get; init; }

    /// <summary>block_drop: layers go that follow one another, the window whose input and output are most alike.</summary>
    public bool Consecutive { get; init; }

    /// <summary>Which experts compete for places.</summary>
    public PruneScope Scope { get; init; } = PruneScope.Layer;

    /// <summary>scope global: what scores are divided by before layers are compared.</summary>
    public ScoreNorm Normalise { get; init; } = ScoreNorm.None;

    /// <summary>scope global: fewest experts that a layer keeps. Left out: as many as its router needs.</summary>
    [Unit("experts")]
    [Range(1, 1 << 20)]
    public int? Least { get; init; }

    /// <summary>scope global: most experts that a layer keeps. Left out: all.</summary>
    [Unit("experts")]
    [Range(1, 1 << 20)]
    public int? Most { get; init; }

    /// <summary>
    /// Take the experts in so many turns, with statistics of what is left before each (MC-Suite): worth more than the choice of a score when half of few experts go. Needs
    /// calibration.
    /// </summary>
    [Range(1, 1000)]
    public int Rounds { get; init; } = 1;

    /// <summary>Keep the few experts with the huge outputs that attention sinks rest on.</summary>
    public bool ProtectSuperExperts { get; init; }

    /// <summary>
    /// Leave the rows of experts that go in the router: a token that chooses one gets nothing from it, and the others' weights are as before (Expert Drop's preserved gate).
    /// </summary>
    public bool PreserveRouterRows { get; init; }

    /// <summary>Experts that fewer tokens chose are treated as fallback says.</summary>
    [Unit("tokens")]
    [Range(0, 1 << 30)]
    public int MinimumTokens { get; init; } = 32;

    /// <summary>What becomes of experts that too few tokens chose.</summary>
    public FewTokens Fallback { get; init; } = FewTokens.Score;

    /// <summary>Folder of statistics that calibrate wrote. Left out: those of the recipe's last step calibrate, or new ones of the calibration text.</summary>
    public string? Statistics { get; init; }

    /// <summary>A prune_plan.json, or the folder of a model that has one: experts are taken as it ranks them. Left out: they are ranked by the method.</summary>
    public string? Plan { get; init; }

    /// <summary>Text to gather statistics on. Without a limit of its own, 65,536 tokens are drawn. Not needed with statistics or a plan, nor by random.</summary>
    public DataOptions? Calibration { get; init; }

    /// <summary>How statistics are gathered.</summary>
    public CalibrationOptions Pass { get; init; } = new();

    /// <summary>naee, naee_progressive, moe_i2: how experts are searched for.</summary>
    public SearchOptions Search { get; init; } = new();

    /// <summary>eep: numbers of the evolution.</summary>
    public EepOptions Eep { get; init; } = new();

    /// <summary>Text whose loss is measured before and after. Left out: it is only checked that the pruned model computes.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>
    /// Number type of the written checkpoint. Left out: that of the source; encoded experts (MXFP4 of gpt-oss) are then cut out block by block and stay as they are.
    /// </summary>
    public TensorType? Type { get; init; }

    internal bool Searches => Method is PruneMethod.Naee or PruneMethod.NaeeProgressive or PruneMethod.MoeI2;

    internal bool Drops => Method is PruneMethod.LayerDrop or PruneMethod.BlockDrop;

    internal PruneTarget Target => new() { Ratio = Ratio, Keep = Keep, Scope = Scope, Least = Least, Most = Most, KeepsRouter = PreserveRouterRows };

    /// <summary>Rules over several options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Drops && Plan is null)
        {
            if (Ratio is null == Count is null) yield return new("how many layers go is said once: by count, or by ratio, the part that goes", [nameof(Count)]);
            if (Keep is not null || Scope != PruneScope.Layer || Rounds > 1 || ProtectSuperExperts || PreserveRouterRows || Fallback != FewTokens.Score)
                yield return new("layers go with all their experts; keep, scope, rounds, protect_super_experts, preserve_router_rows and fallback say which experts stay", [nameof(Method)]);
        }
        else if (Count is not null) yield return new("count is for layer_drop and block_drop; experts go by ratio or keep", [nameof(Count)]);
        if (Consecutive && (Method != PruneMethod.BlockDrop || Plan is not null)) yield return new("consecutive is for block_drop", [nameof(Consecutive)]);
        if (!Drops && Ratio is null == Keep is null && !(Plan is not null && Keep is null))
            yield return new("how many experts go is said once: by ratio, the part that goes, or by keep, the number that stays in each layer", [nameof(Ratio), nameof(Keep)]);
        if (Scope == PruneScope.Global && Keep is not null)
            yield return new("keep gives every layer the same number; with scope global give a ratio", [nameof(Keep)]);
        if (Scope == PruneScope.Layer && (Normalise != ScoreNorm.None || Least is not null || Most is not null))
            yield return new("normalise, least and most are for layers that compete; take scope global, or leave them out", [nameof(Scope)]);
        if (Least > Most) yield return new($"a layer cannot keep at least {Least} and at most {Most}", [nameof(Least)]);
        if (Rounds > 1 && (Calibration is null || Method == PruneMethod.Random))
            yield return new(Calibration is null ? "rounds measure what is left of the model; name the calibration text" : "chance needs no rounds", [nameof(Rounds)]);
        if (!Searches && Search != new SearchOptions()) yield return new("search is for the methods naee, naee_progressive and moe_i2; leave it out", [nameof(Search)]);
        if (Method != PruneMethod.Eep && Eep != new EepOptions()) yield return new("eep is for the method eep; leave it out", [nameof(Eep)]);
        if (Plan is not null && (Statistics is not null || Rounds > 1 || Keep is not null))
            yield return new("a plan ranks the experts already; beside it goes a ratio alone", [nameof(Plan)]);
        if (Statistics is not null && Pass != new CalibrationOptions() && Rounds == 1)
            yield return new("statistics are there, so nothing is gathered; leave pass out", [nameof(Pass)]);
    }

    /// <summary>Applies the rules where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    internal void Check() => OptionRules.Check(this);
}
