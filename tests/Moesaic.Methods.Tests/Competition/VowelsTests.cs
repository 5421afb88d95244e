using Moesaic.Methods.Competition;

namespace Moesaic.Methods.Tests.Competition;

public class VowelsTests
{
    [Fact]
    public void Every_speaker_says_every_vowel_once()
    {
        var vowels = Vowels.Generate(classes: 4, speakers: 6, seed: 1);
        Assert.Equal(24, vowels.Length);
        for (var i = 0; i < vowels.Length; i++) Assert.Equal(i % 4, Array.IndexOf(vowels[i].Target, 1));
    }

    [Fact]
    public void Formants_lie_about_the_published_means()
    {
        var heed = Vowels.Generate(4, 900, 2).Where(v => v.Target[0] == 1).ToArray();
        Assert.Equal((0.270 + 0.310 + 0.370) / 3, heed.Average(v => v.Formants[0]), 0.01);
        Assert.Equal((2.290 + 2.790 + 3.200) / 3, heed.Average(v => v.Formants[1]), 0.03);
    }

    [Fact]
    public void A_seed_has_speakers_of_its_own()
    {
        Assert.Equal(First(1), First(1));
        Assert.NotEqual(First(1), First(2));

        static double[] First(ulong seed) => Vowels.Generate(10, 1, seed)[9].Formants;
    }
}
