using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Calibration;

/// <summary>Which rows of experts are looked at.</summary>
public enum CalibratedRows
{
    /// <summary>Those that the router dispatches: costs hardly more than reading the text.</summary>
    Routed,

    /// <summary>Every expert on every token besides: E/K times the work of the experts.</summary>
    All,
}

/// <summary>Where the residual stream of the text waits between two layers.</summary>
public enum StreamPlace
{
    /// <summary>In memory. A run that was killed computes the finished layers once more, without looking at them.</summary>
    Memory,

    /// <summary>In two files in the step's work folder. A run that was killed goes on with the layer it was at.</summary>
    Disk,
}

/// <summary>How a model is calibrated.</summary>
public record CalibrationOptions
{
    /// <summary>Which rows of experts are looked at.</summary>
    public CalibratedRows Rows { get; init; } = CalibratedRows.Routed;

    /// <summary>Whether special tokens count; padding never does. What they are routed to tells of no text.</summary>
    public bool SpecialTokens { get; init; }

    /// <summary>Tokens, evenly spread, that every layer is compared with every other on; 0 for no comparison.</summary>
    [Unit("tokens")]
    [Range(0, 1 << 20)]
    public int SimilarityTokens { get; init; } = 1024;

    /// <summary>Where the residual stream of the text waits between two layers.</summary>
    public StreamPlace HiddenStates { get; init; } = StreamPlace.Memory;

    /// <summary>Blocks of text per pass. Changes speed and roundings, and what routers decide where a capacity counts by pass.</summary>
    [Range(1, 4096)]
    public int RowsPerPass { get; init; } = 8;
}
