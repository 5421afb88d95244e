namespace Moesaic.Kernels.Tests;

/// <summary>Runs a test body at one kernel level and restores the level before.</summary>
static class Levels
{
    /// <summary>The levels that this processor has.</summary>
    public static IEnumerable<KernelLevel> Supported => Enum.GetValues<KernelLevel>().Where(KernelSelection.Supports);

    public static TheoryData<KernelLevel> All => new(Supported);

    public static void At(KernelLevel level, Action body)
    {
        var before = KernelSelection.Level;
        KernelSelection.Level = level;
        try
        {
            body();
        }
        finally
        {
            KernelSelection.Level = before;
        }
    }
}
