namespace Moesaic.Kernels.Tests;

/// <summary>Runs a test body at one kernel level and restores the level before.</summary>
static class Levels
{
    public static TheoryData<KernelLevel> All => new(Enum.GetValues<KernelLevel>());

    public static void At(KernelLevel level, Action body)
    {
        if (!KernelSelection.Supports(level))
            Assert.Skip($"this processor has no {level}");
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
