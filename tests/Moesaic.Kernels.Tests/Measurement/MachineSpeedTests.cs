namespace Moesaic.Kernels.Tests;

public class MachineSpeedTests
{
    [Fact]
    public void Both_ceilings_are_found_and_plausible()
    {
        var speed = MachineSpeed.Measure();
        // From a busy single-board computer to a server: outside lies a mistake in units.
        Assert.InRange(speed.ReadBytesPerSecond, 1e8, 1e13);
        Assert.InRange(speed.FlopsPerSecond, 1e8, 1e15);
    }
}
