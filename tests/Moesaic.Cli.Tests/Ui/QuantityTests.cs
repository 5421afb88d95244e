using Moesaic.Cli.Ui;

namespace Moesaic.Cli.Tests.Ui;

public class QuantityTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(999_600, "1.00 MB")]
    [InlineData(13_476_000_000, "13.5 GB")]
    [InlineData(123e12, "123 TB")]
    public void Bytes(double value, string text) => Assert.Equal(text, Quantity.Bytes(value));

    [Theory]
    [InlineData(0, "0.0 s")]
    [InlineData(4.16, "4.2 s")]
    [InlineData(9.96, "10 s")]
    [InlineData(59.6, "1 min 0 s")]
    [InlineData(192, "3 min 12 s")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(200_000, "2 d 7 h")]
    public void Durations(double seconds, string text) => Assert.Equal(text, Quantity.Duration(seconds));

    [Theory]
    [InlineData(2130, "tokens", "2.13k tokens/s")]
    [InlineData(0.5, "layers", "0.50 layers/s")]
    [InlineData(2.5e9, "bytes", "2.50 GB/s")]
    public void Rates(double perSecond, string unit, string text)
    {
        Assert.Equal(text, Quantity.Rate(perSecond, unit));
        if (unit == "bytes") Assert.Equal(text, Quantity.Of(perSecond, "bytes/s"));
    }
}
