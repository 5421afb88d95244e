namespace Moesaic.Kernels;

/// <summary>
/// The widest level in force whose vectors a row can fill: an incomplete vector costs more than several small ones.
/// </summary>
static class LanesOfRow
{
    internal static KernelLevel Level(int width)
    {
        KernelLevel widest = width >= 16 ? KernelLevel.Vector512
            : width >= 8 ? KernelLevel.Vector256
            : KernelLevel.Vector128;
        return KernelSelection.Level < widest ? KernelSelection.Level : widest;
    }
}
