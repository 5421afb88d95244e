using Moesaic.Models.Experts;

namespace Moesaic.Methods.Competition;

/// <summary>One spoken vowel.</summary>
/// <param name="Formants">The first two formants in kHz, [2].</param>
/// <param name="Target">1 at its class, else 0, [classes].</param>
public sealed record Vowel(double[] Formants, double[] Target);

/// <summary>
/// Vowels of made-up speakers, generated about the mean formants that Peterson and Barney 1952 ("Control methods used in a study of the
/// vowels", J. Acoust. Soc. Am. 24, 175-184, table II) give for men, women and children. Every
/// speaker has a vocal tract of his own that moves all his vowels alike, and says each vowel once with a deviation of its own: classes
/// overlap between speakers, as measured ones do. No recordings are in it.
/// </summary>
public static class Vowels
{
    /// <summary>Deviations of the logarithms: of a speaker's tract, and of each formant said.</summary>
    const double Tract = 0.06, Utterance = 0.05;

    // F1 and F2 in Hz of men, women, children: heed, hid, hod, hud, and then head, had, hawed, hood, who'd, heard.
    static readonly int[][] Means =
    [
        [270, 2290, 310, 2790, 370, 3200], [390, 1990, 430, 2480, 530, 2730],
        [730, 1090, 850, 1220, 1030, 1370], [640, 1190, 760, 1400, 850, 1590],
        [530, 1840, 610, 2330, 690, 2610], [660, 1720, 860, 2050, 1010, 2320],
        [570, 840, 590, 920, 680, 1060], [440, 1020, 470, 1160, 560, 1410],
        [300, 870, 370, 950, 430, 1170], [490, 1350, 500, 1640, 560, 1820],
    ];

    /// <summary>Most classes there are.</summary>
    public static int MostClasses => Means.Length;

    /// <summary>Generates every vowel of every speaker.</summary>
    /// <param name="classes">The first so many vowels; 4 are heed, hid, hod, hud, which Jacobs et al. 1991 tell apart.</param>
    /// <param name="speakers">Men, women and children in turn.</param>
    /// <param name="seed">Of the speakers.</param>
    public static Vowel[] Generate(int classes, int speakers, ulong seed)
    {
        var vowels = new List<Vowel>();
        Span<float> normals = stackalloc float[1 + (2 * Means.Length)];
        for (var s = 0; s < speakers; s++)
        {
            new NoiseDraw(seed, 0, 0).Fill(0, s, normals);
            for (var c = 0; c < classes; c++)
            {
                var formants = new double[2];
                for (var f = 0; f < 2; f++)
                    formants[f] = Means[c][(2 * (s % 3)) + f] / 1000.0 * Math.Exp((Tract * normals[0]) + (Utterance * normals[1 + (2 * c) + f]));
                var target = new double[classes];
                target[c] = 1;
                vowels.Add(new Vowel(formants, target));
            }
        }
        return [.. vowels];
    }
}
