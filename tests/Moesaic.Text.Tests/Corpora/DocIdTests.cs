using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class DocIdTests
{
    [Theory]
    [InlineData("T:System.Collections.BitArray", 'T', "", "System.Collections.BitArray")]
    [InlineData("P:System.String.Length", 'P', "System.String", "Length")]
    [InlineData("M:System.String.#ctor(System.Char,System.Int32)", 'M', "System.String", "#ctor")]
    [InlineData("M:A.B`1.System#Collections#IEnumerable#GetEnumerator", 'M',
        "A.B`1", "System#Collections#IEnumerable#GetEnumerator")]
    [InlineData("System.Exception", '?', "System", "Exception")]
    [InlineData("Overload:System.IO.File.Open", '?', "System.IO.File", "Open")]
    public void SplitsKindContainerAndName(string id, char kind, string container, string name)
    {
        var parsed = DocId.Parse(id);
        Assert.Equal((kind, container, name), (parsed.Kind, parsed.Container, parsed.Name));
    }

    [Fact]
    public void ParametersSplitOutsideOfBracesAndBrackets()
    {
        var parsed = DocId.Parse("M:A.B.C(System.Func{`0,System.Int32},System.Int32[0:,0:],``0@)");
        Assert.Equal(["System.Func{`0,System.Int32}", "System.Int32[0:,0:]", "``0@"], parsed.Parameters);
    }

    [Fact]
    public void ConversionHasItsResult()
    {
        var parsed = DocId.Parse("M:System.Half.op_Explicit(System.Half)~System.Single");
        Assert.Equal(("op_Explicit", "System.Single"), (parsed.Name, parsed.Result));
        Assert.Equal(["System.Half"], parsed.Parameters);
    }

    [Fact]
    public void MethodArityIsNoPartOfTheName() =>
        Assert.Equal(("Cast", 1), DocId.Parse("M:System.Linq.Enumerable.Cast``1(System.Object)").WithoutArity());
}
