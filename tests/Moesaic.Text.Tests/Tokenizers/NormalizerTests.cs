using System.Text;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

public class NormalizerTests
{
    static string Apply(string json, string text) => NormalizerReader.Read(JsonPart.Parse(Encoding.UTF8.GetBytes(json), "test"))!.Apply(text);

    [Theory]
    [InlineData(NormalizationForm.FormC, "e\u0301", "é")]
    [InlineData(NormalizationForm.FormC, "q\u0307\u0323", "q\u0323\u0307")]               // reordered, not composed
    [InlineData(NormalizationForm.FormC, "a\u0323\u0302", "\u1EAD")]                      // two steps of composition
    [InlineData(NormalizationForm.FormC, "a\u0302\u0323", "\u1EAD")]
    [InlineData(NormalizationForm.FormC, "a\u0327\u0327\u0301", "\u00E1\u0327\u0327")]    // past marks of a lower class
    [InlineData(NormalizationForm.FormC, "a\u0308\u0301\u0301", "\u00E4\u0301\u0301")]    // blocked by the same class
    [InlineData(NormalizationForm.FormC, "\u212B\u0958\u0344", "\u00C5\u0915\u093C\u0308\u0301")] // singleton, exclusions
    [InlineData(NormalizationForm.FormC, "\u1100\u1161\u11A8", "각")]
    [InlineData(NormalizationForm.FormC, "가\u11A8각\u11A8", "각각\u11A8")]
    [InlineData(NormalizationForm.FormC, "\u09C7\u09BE", "\u09CB")]                       // two starters
    [InlineData(NormalizationForm.FormC, "\U000110A5\U000110BA", "\U000110AB")]           // astral
    [InlineData(NormalizationForm.FormC, "ﬁ²", "ﬁ²")]
    [InlineData(NormalizationForm.FormD, "각Åế", "\u1100\u1161\u11A8A\u030Ae\u0302\u0301")]
    [InlineData(NormalizationForm.FormKC, "ﬁ²Å①㎏ｶﾞ", "fi2Å1kgガ")]
    [InlineData(NormalizationForm.FormKD, "ẛ\u0323", "s\u0323\u0307")]
    public void Normal_forms(NormalizationForm form, string text, string normal) =>
        Assert.Equal(normal, UnicodeNormalization.Normalize(text, form));

    [Fact]
    public void Lower_case_goes_character_by_character()
    {
        const string Json = """{"type":"Lowercase"}""";
        Assert.Equal("οδοσ σ", Apply(Json, "ΟΔΟΣ Σ"));       // no final sigma
        Assert.Equal("i\u0307ß𐐨", Apply(Json, "İẞ𐐀"));
    }

    [Fact]
    public void Strip_prepend_and_replace()
    {
        Assert.Equal("a ", Apply("""{"type":"Strip","strip_left":true,"strip_right":false}""", " \u0085a "));
        Assert.Equal("▁a", Apply("""{"type":"Prepend","prepend":"▁"}""", "a"));
        Assert.Equal("", Apply("""{"type":"Prepend","prepend":"▁"}""", ""));
        Assert.Equal("a.b", Apply("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"."}""", "a   b"));
        Assert.Equal("a.*b", Apply("""{"type":"Replace","pattern":{"String":".*"},"content":".*"}""", "a.*b"));
        Assert.Equal("naive", Apply("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"}]}""", "naïve"));
    }
}
