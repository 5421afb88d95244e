using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class DocEntryTests
{
    static readonly DocMember[] Declared =
    [
        Member("T:System.String"),
        Member("T:System.Half"),
        Member("T:System.Guid"),
        Member("T:System.Exception"),
        Member("T:System.Action`1", ("typeparam", "T")),
        Member("T:System.Collections.ICollection"),
        Member("T:System.Collections.Generic.IDictionary`2", ("typeparam", "TKey"), ("typeparam", "TValue")),
        Member("T:System.Collections.Generic.Dictionary`2", ("typeparam", "TKey"), ("typeparam", "TValue")),
        Member("T:System.Collections.Generic.Dictionary`2.Enumerator"),
        Member("T:Lib.Undocumented`2"),
    ];

    [Theory]
    [InlineData("T:System.Collections.Generic.Dictionary`2", "System.Collections.Generic.Dictionary<TKey, TValue>")]
    [InlineData("T:System.Collections.Generic.Dictionary`2.Enumerator",
        "System.Collections.Generic.Dictionary<TKey, TValue>.Enumerator")]
    [InlineData("T:Lib.Undocumented`2", "Lib.Undocumented<T1, T2>")]
    [InlineData("F:System.String.Empty", "String.Empty")]
    [InlineData("E:System.Guid.Changed", "Guid.Changed")]
    [InlineData("P:System.String.Length", "String.Length")]
    [InlineData("P:System.String.Chars(System.Int32)", "String.Chars[int]")]
    [InlineData("P:System.Collections.Generic.Dictionary`2.Item(`0)", "Dictionary<TKey, TValue>.this[TKey]")]
    [InlineData("M:System.Guid.#ctor", "new Guid()")]
    [InlineData("M:System.Guid.#ctor(System.Byte[])", "new Guid(byte[])")]
    [InlineData("M:System.Guid.Read(System.Int32[0:,0:],System.Char[][])", "Guid.Read(int[,], char[][])")]
    [InlineData("M:System.Guid.Parse(System.String@)", "Guid.Parse(ref string)")]
    [InlineData("M:System.Guid.Use(System.Guid@|System.Runtime.InteropServices.InAttribute,System.Void*)",
        "Guid.Use(in Guid, void*)")]
    [InlineData("M:System.Guid.Half(System.Nullable{System.Half},System.ValueTuple{System.Int32,System.Object})",
        "Guid.Half(Half?, (int, object))")]
    [InlineData("M:System.Guid.Each(System.Action{System.Collections.Generic.Dictionary{System.String,System.Int64[]}.Enumerator})",
        "Guid.Each(Action<Dictionary<string, long[]>.Enumerator>)")]
    [InlineData("M:System.Collections.Generic.Dictionary`2.TryGetValue(`0,`1@)",
        "Dictionary<TKey, TValue>.TryGetValue(TKey, ref TValue)")]
    [InlineData("M:System.Collections.Generic.Dictionary`2.Enumerator.MoveNext",
        "Dictionary<TKey, TValue>.Enumerator.MoveNext()")]
    [InlineData("M:System.Half.op_Addition(System.Half,System.Half)", "Half.operator +(Half, Half)")]
    [InlineData("M:System.Half.op_CheckedDivision(System.Half,System.Half)", "Half.operator checked /(Half, Half)")]
    [InlineData("M:System.Half.op_Implicit(System.Byte)~System.Half", "Half.implicit operator Half(byte)")]
    [InlineData("M:System.Half.op_CheckedExplicit(System.Half)~System.Byte",
        "Half.explicit operator checked byte(Half)")]
    [InlineData("M:System.Half.op_Concatenate(System.Half)", "Half.op_Concatenate(Half)")]
    [InlineData("M:System.Collections.Generic.Dictionary`2.System#Collections#ICollection#CopyTo(System.Array,System.Int32)",
        "Dictionary<TKey, TValue>.ICollection.CopyTo(Array, int)")]
    [InlineData("P:System.Collections.Generic.Dictionary`2.System#Collections#Generic#IDictionary{TKey@TValue}#Item(`0)",
        "Dictionary<TKey, TValue>.IDictionary<TKey, TValue>.this[TKey]")]
    public void SignatureReadsLikeCSharp(string id, string signature) =>
        Assert.Equal(signature, Entry(Member(id)).Signature);

    [Fact]
    public void MethodTypeParametersKeepTheirNames() =>
        Assert.Equal("Guid.Map<TIn, TOut>(Action<TIn> first, TOut[] second)", Entry(Member(
            "M:System.Guid.Map``2(System.Action{``0},``1[])",
            ("typeparam", "TIn"), ("typeparam", "TOut"), ("param", "first"), ("param", "second"))).Signature);

    [Fact]
    public void ParameterFilledByTheMethodIsOut()
    {
        var member = new DocMember("M:System.Guid.TryParse(System.String,System.Guid@,System.Int32@)",
        [
            Section("param", "text", "The text."),
            Section("param", "result", "When this method returns, contains the result."),
            Section("param", "position", "Where to go on."),
        ]);
        Assert.StartsWith("Guid.TryParse(string text, out Guid result, ref int position)\ntext: The text.\nresult: When",
            Entry(member).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void LinesStandInOneOrderWithLabels()
    {
        var member = new DocMember("M:System.Guid.Get``1(System.Int32)",
        [
            Section("remarks", "", "Slow."),
            Section("exception", "T:System.Exception", "It broke."),
            Section("returns", "", "The value."),
            Section("param", "index", "The index."),
            Section("typeparam", "T", "The type."),
            Section("summary", "", "Gets."),
            Section("value", "", "  "),
        ]);
        Assert.Equal("Guid.Get<T>(int index)\nGets.\nT: The type.\nindex: The index.\nReturns: The value.\n"
            + "Throws Exception: It broke.\nRemarks: Slow.", Entry(member).Text);
    }

    [Fact]
    public void NamespaceEndsWhereTheOutermostTypeBegins()
    {
        var nested = Member("M:System.Collections.Generic.Dictionary`2.Enumerator.MoveNext");
        Assert.Equal("System.Collections.Generic", Entry(nested).Namespace);
        Assert.Equal("Some.Where", Entry(Member("M:Some.Where.Unknown.Do")).Namespace);
    }

    [Fact]
    public void WordsForgetTheDeclaringTypesNameOnly()
    {
        List<ulong> Words(string id, string text) => Entry(new(id, [Section("summary", "", text)])).Words();
        var guid = Words("M:System.Guid.#ctor", "Initializes a new instance of the Guid class.");
        Assert.Equal(guid, Words("M:System.Half.#ctor", "initializes a NEW instance of the Half class"));
        Assert.NotEqual(guid, Words("M:System.Half.#ctor", "Initializes a new instance of the Guid class."));
    }

    static DocEntry Entry(DocMember member) => new(member, new DocTypes(Declared));

    static DocMember Member(string id, params (string Kind, string Name)[] sections) =>
        new(id, [.. sections.Select(section => Section(section.Kind, section.Name, ""))]);

    static DocSection Section(string kind, string name, string text) => new(kind, name, [new(text, false)]);
}
