using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Tests.Reports;

public class FigureTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1234567, "1,234,567")]
    [InlineData(-3, "-3")]
    [InlineData(3.14159, "3.142")]
    [InlineData(123.456, "123.46")]
    [InlineData(12345.678, "12,345.7")]
    [InlineData(0.00123456, "0.001235")]
    [InlineData(1e-9, "1e-9")]
    [InlineData(2.5e20, "2.5e+20")]
    public void Numbers_for_people(double value, string text)
    {
        Assert.Equal(text, FigureText.Of(value));
        Assert.True(FigureText.IsNumber(text));
    }

    [Theory]
    [InlineData("12 %", true)]
    [InlineData("layer 3", false)]
    [InlineData("", false)]
    public void Cells_that_are_numbers(string text, bool expected) => Assert.Equal(expected, FigureText.IsNumber(text));
}
