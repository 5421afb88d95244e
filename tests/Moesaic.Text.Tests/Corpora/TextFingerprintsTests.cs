using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class TextFingerprintsTests
{
    [Theory]
    [InlineData(9, false)]  // 9 of 18 8-grams shared: exactly half
    [InlineData(10, true)]  // 10 of 18
    [InlineData(18, true)]
    [InlineData(0, false)]
    public void MoreThanHalfOfTheGramsIsTheBoundary(int shared, bool most)
    {
        var known = Enumerable.Range(0, 25).Select(i => (ulong)i).ToList();
        var texts = new TextFingerprints();
        texts.Add(known);
        // The first "shared" 8-grams cover shared + 7 known words; what follows is new.
        var words = known.Take(shared == 0 ? 0 : shared + 7).ToList();
        while (words.Count < 25)
            words.Add(1000 + (ulong)words.Count);
        Assert.Equal(most, texts.HasMostGrams(words));
    }

    [Fact]
    public void ShortTextsHaveNoGramsAndAreComparedWhole()
    {
        var texts = new TextFingerprints();
        texts.Add([1, 2, 3]);
        Assert.True(texts.HasText([1, 2, 3]));
        Assert.False(texts.HasText([3, 2, 1]));
        Assert.False(texts.HasText([1, 2]));
        Assert.False(texts.HasMostGrams([1, 2, 3]));
    }

    [Fact]
    public void WordsIgnoreCaseAndPunctuation()
    {
        Assert.Equal(NormalWords.Of("Gets, or sets: Vector128<T>!"), NormalWords.Of("  gets (or)   sets vector128 t"));
        Assert.NotEqual(NormalWords.Of("ab c"), NormalWords.Of("a bc"));
        Assert.Empty(NormalWords.Of(" -- "));
    }
}
