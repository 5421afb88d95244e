namespace Moesaic.Kernels.Tests;

public class MachineSpeedTests
{
    // From a busy single-board computer to a server: outside lies a mistake in units.
    [Fact]
    public void The_peak_of_every_level_is_plausible()
    {
        foreach (var level in FmaPeak.Levels.Where(KernelSelection.Supports))
        {
            Assert.InRange(MachineSpeed.Flops(level), 1e8, 1e15);
            Assert.Equal(FmaPeak.Gflop(KernelLevel.Vector128) * (4 << (level - KernelLevel.Vector128)) / 4, FmaPeak.Gflop(level));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5_000_000)]
    [InlineData(64 << 20)]
    public void Reading_memory_has_a_plausible_speed(long bytes) => Assert.InRange(MachineSpeed.ReadBytes(bytes), 1e8, 1e13);
}
