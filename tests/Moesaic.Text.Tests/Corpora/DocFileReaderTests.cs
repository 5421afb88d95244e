using Moesaic.Formats;
using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class DocFileReaderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("Gets\n   the <c>x</c>   of <paramref name=\"y\" />.", "Gets the x of y.")]
    [InlineData("<see langword=\"null\" /> or <see cref=\"T:System.Guid\" />", "null or Guid")]
    [InlineData("See <see cref=\"P:System.Guid.Empty\" /> and <see cref=\"T:System.Guid\">the type</see>.",
        "See Guid.Empty and the type.")]
    [InlineData("<see cref=\"M:System.Guid.#ctor(System.Byte[])\" /> makes <xref uid=\"System.Guid.Parse(System.String)\"></xref>",
        "Guid makes Guid.Parse")]
    [InlineData("<xref uid=\"System.Guid\"></xref> in <see cref=\"N:System.IO\" />", "Guid in System.IO")]
    [InlineData("<para>One.</para><para>Two.</para>", "One. Two.")]
    [InlineData("a\n\n -or-\n\n b", "a -or- b")]
    [InlineData("2<sup>32</sup><br/>H<sub>2</sub>O", "2^32 H2O")]
    [InlineData("<see href=\"https://x.y\" /> <a href=\"z\">RFC</a>", "https://x.y RFC")]
    [InlineData("<list><listheader><term>Value</term><description>Meaning</description></listheader>"
        + "<item><term> Zero </term><description> None </description></item>"
        + "<item><term>1</term><description>Some.</description></item></list>",
        "Zero: None. 1: Some.")]
    [InlineData("<ul><li>one</li><li>two</li></ul>", "one. two.")]
    [InlineData("a &lt; b <!-- note --> <![CDATA[& c]]>", "a < b & c")]
    public void MarkupBecomesEnglish(string markup, string text)
    {
        var members = Read($"""<member name="T:System.Guid"><summary>{markup}</summary></member>""");
        Assert.Equal(text, Assert.Single(members[0].Sections).Render(new(new DocTypes(members), [], [])));
    }

    [Fact]
    public void EmptyAndFollowingElementsAreKeptApart()
    {
        var members = Read("""
            <member name="M:A.B" /><member name="M:A.C(System.Int32)"><param name="x" /><returns>r</returns></member>
            <member name="M:A.D"><exception cref="T:E"><see cref="T:F" /></exception><seealso cref="T:G" /></member>
            """);
        Assert.Equal(["M:A.B", "M:A.C(System.Int32)", "M:A.D"], members.Select(member => member.Id));
        Assert.Equal(["param x", "returns "], members[1].Sections.Select(section => $"{section.Kind} {section.Name}"));
        Assert.Equal(["exception T:E", "seealso "], members[2].Sections.Select(section => $"{section.Kind} {section.Name}"));
    }

    [Theory]
    [InlineData("<doc>\n<members>\n<member name=\"T:A\"><summary>x</member>\n</members></doc>", "line 3")]
    [InlineData("<doc>\n<members>", "line 2")]
    [InlineData("<doc><members>\n\n<member nam=\"T:A\"/></members></doc>", "line 3")]
    [InlineData("<doc><members>\n<member name=\"Guid\"/></members></doc>", "'Guid'")]
    [InlineData("<html/>", "<html>")]
    [InlineData("<!DOCTYPE doc [<!ENTITY a 'b'>]><doc/>", "DTD")]
    [InlineData("", "Root element")]
    public void DamageIsToldWithFileAndLine(string content, string where)
    {
        var path = folder.Write("Some.xml", content);
        var error = Assert.Throws<BadModelException>(() => DocFileReader.Read(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(where, error.Message, StringComparison.Ordinal);
    }

    List<DocMember> Read(string members) =>
        DocFileReader.Read(folder.Write("A.xml", $"<doc><assembly><name>A</name></assembly><members>{members}</members></doc>"));
}
