using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Materialise;

/// <summary>Options of the step "materialise": what this program alone can read as a checkpoint of a standard layout that computes the same.</summary>
public sealed record MaterialiseStepOptions
{
    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    /// <summary>Random tokens whose logits are compared with those of the source after writing; 0: none are.</summary>
    [Unit("tokens")]
    [Range(0, 1 << 16)]
    public int Compare { get; init; } = 64;
}
