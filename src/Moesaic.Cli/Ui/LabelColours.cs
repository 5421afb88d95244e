using Spectre.Console;

namespace Moesaic.Cli.Ui;

/// <summary>Colours for numbered classes: neighbours differ most, and black letters are readable on all.</summary>
static class LabelColours
{
    // Hues that go round by the golden angle: the next number is always far from those just before.
    const double GoldenAngle = 137.508;

    public static Style Of(int label) => label < 0 ? Style.Plain : new Style(Color.Black, Light(label * GoldenAngle % 360));

    // Saturation 0.55, value 0.92 of the HSV cone.
    static Color Light(double hue)
    {
        return new Color(Part(5), Part(3), Part(1));

        byte Part(int n)
        {
            var k = (n + (hue / 60)) % 6;
            return (byte)Math.Round(255 * 0.92 * (1 - (0.55 * Math.Clamp(Math.Min(k, 4 - k), 0, 1))));
        }
    }
}
