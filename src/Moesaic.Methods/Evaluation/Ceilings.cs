using Moesaic.Kernels;

namespace Moesaic.Methods.Evaluation;

/// <summary>What this machine can do at best, with the threads of the team.</summary>
/// <param name="ReadBytesPerSecond">Reading memory in order.</param>
/// <param name="FlopsPerSecond">Float32 operations at the kernels' level; a fused multiply-add counts two.</param>
public sealed record Ceilings(double ReadBytesPerSecond, double FlopsPerSecond)
{
    const long Block = 512L << 20;

    /// <summary>Measures for about half a second.</summary>
    public static Ceilings Measure() => new(
        MachineSpeed.ReadBytes(Block),
        MachineSpeed.Flops(KernelSelection.Level == KernelLevel.Reference ? KernelLevel.Vector128 : KernelSelection.Level));
}
