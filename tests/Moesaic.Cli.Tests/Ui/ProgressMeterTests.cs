using Moesaic.Cli.Ui;

namespace Moesaic.Cli.Tests.Ui;

public class ProgressMeterTests
{
    readonly FakeTime time = new();

    [Fact]
    public void What_an_earlier_run_did_counts_as_progress_and_not_as_speed()
    {
        var meter = new ProgressMeter(total: 100, done: 50, time);
        time.Pass(10);
        meter.Report(60);
        Assert.Equal(0.6, meter.Fraction);
        Assert.Equal(1, meter.Rate);
        Assert.Equal(40, meter.SecondsLeft);
        Assert.Equal(1, meter.AverageRate);
    }

    [Fact]
    public void The_rate_follows_the_last_half_minute()
    {
        var meter = new ProgressMeter(10_000, 0, time);
        for (var i = 1; i <= 100; i++)
        {
            time.Pass(1);
            meter.Report(i);
        }
        for (var i = 1; i <= 60; i++)
        {
            time.Pass(1);
            meter.Report(100 + 10 * i);
        }
        Assert.Equal(10, meter.Rate!.Value, 6);
        Assert.Equal(930, meter.SecondsLeft!.Value, 6);
        Assert.Equal(700 / 160.0, meter.AverageRate!.Value, 6);
    }

    [Fact]
    public void Nothing_is_claimed_without_knowledge()
    {
        var meter = new ProgressMeter(0, 0, time);
        Assert.Null(meter.Rate);
        time.Pass(5);
        meter.Report(10);
        Assert.Null(meter.Fraction);
        Assert.Null(meter.SecondsLeft);
        Assert.Equal(2, meter.Rate);
    }
}
