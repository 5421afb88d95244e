namespace Moesaic.Cli.Tests.Ui;

/// <summary>A clock that moves when told to.</summary>
sealed class FakeTime : TimeProvider
{
    long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public void Pass(double seconds) => now += (long)(seconds * TimeSpan.TicksPerSecond);
}
