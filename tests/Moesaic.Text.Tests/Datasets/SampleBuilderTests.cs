using Moesaic.Formats;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class SampleBuilderTests
{
    static readonly ByteTokenizer Plain = new(addsBos: false, "<s>", "</s>");
    static readonly ByteTokenizer WithBos = new(addsBos: true, "<s>", "</s>");

    static int[] Tokens(ITokenizer tokenizer, SampleOptions? options = null) =>
        new SampleBuilder(tokenizer, options).FromText("a</s>").Tokens;

    [Fact]
    public void Text_begins_as_the_tokenizer_does_and_ends_with_the_end_token()
    {
        int[] letters = [.. "a</s>"u8.ToArray().Select(b => (int)b)];
        Assert.Equal([.. letters, 257], Tokens(Plain));
        Assert.Equal([256, .. letters, 257], Tokens(WithBos));
        Assert.Null(new SampleBuilder(Plain).FromText("a").LossMask);
    }

    [Fact]
    public void Begin_and_end_are_put_as_asked()
    {
        Assert.Equal([256, 'a', 257], Tokens(Plain, new() { BeginWithBos = true, EndWithEos = null, SpecialTokensInText = true }));
        Assert.Equal(['a', 257], Tokens(WithBos, new() { BeginWithBos = false, EndWithEos = false, SpecialTokensInText = true }));
    }

    [Fact]
    public void A_missing_token_is_refused_by_the_name_of_the_option() => Assert.Contains("EndWithEos",
        Assert.Throws<BadRequestException>(() => new SampleBuilder(new ByteTokenizer())).Message, StringComparison.Ordinal);
}
