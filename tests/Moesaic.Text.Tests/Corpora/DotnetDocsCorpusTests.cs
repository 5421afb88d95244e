using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class DotnetDocsCorpusTests : IDisposable
{
    /// <summary>A namespace that the hash holds out and one that it does not.</summary>
    const string HeldOut = "System.Net.Http", Train = "System.Text";

    const string Sentence = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";

    readonly TemporaryFolder folder = new();
    readonly StringBuilder members = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void HoldOutRuleIsPinned()
    {
        Assert.True(HeldOutNamespaces.Contains(HeldOut));
        Assert.False(HeldOutNamespaces.Contains(Train));
        Add(Train, "A", "Reads a line.");
        Add(HeldOut, "B", "Sends a request.");
        var corpus = Load();
        Assert.Equal(Train, Assert.Single(corpus.Train).Domain);
        Assert.Equal("Client.B\nSends a request.", Assert.Single(corpus.HeldOut).Text);
        Assert.Equal([HeldOut], corpus.Statistics.HeldOutNamespaces);
        Assert.Same(corpus.HeldOut, corpus.Documents(CorpusSplit.HeldOut));
    }

    [Fact]
    public void RepeatedTextIsKeptOnceInOrdinalOrder()
    {
        Add(Train, "B", "Same   text!");
        Add(Train, "A", "same text");
        Add(Train, "C", "Other text.");
        var corpus = Load();
        Assert.Equal(["P:System.Text.Client.A", "P:System.Text.Client.C"], corpus.Train.Select(document => document.Member));
        Assert.Equal(1, corpus.Statistics.RepeatedTexts);
    }

    [Fact]
    public void NearCopyIsDroppedAboveHalfOnly()
    {
        Add(Train, "A", Sentence);                                        // 15 words, 8 8-grams
        Add(Train, "B", FirstWords(11) + " new1 new2 new3 new4");         // 4 of 8 shared
        Add(Train, "C", FirstWords(12) + " other1 other2 other3");        // 5 of 8 shared
        var corpus = Load();
        Assert.Equal(["P:System.Text.Client.A", "P:System.Text.Client.B"], corpus.Train.Select(document => document.Member));
        Assert.Equal(1, corpus.Statistics.NearCopies);
    }

    [Fact]
    public void HeldOutIsFreedOfWhatTrainingGivesAway()
    {
        Add(Train, "A", Sentence);
        Add(Train, "S", "Short text.");
        Add(HeldOut, "Equal", "short TEXT");
        Add(HeldOut, "Half", FirstWords(11) + " new1 new2 new3 new4");
        Add(HeldOut, "More", FirstWords(12) + " other1 other2 other3");
        var corpus = Load();
        Assert.Equal("P:System.Net.Http.Client.Half", Assert.Single(corpus.HeldOut).Member);
        Assert.Equal(1, corpus.Statistics.HeldOutTextsInTraining);
        Assert.Equal(1, corpus.Statistics.HeldOutSharedGrams);
    }

    [Fact]
    public void WordlessAndRepeatedMembersAreCounted()
    {
        Add(Train, "A", "Text.");
        Add(Train, "E", " ... ");
        folder.Write("Z.xml", Document($"""<member name="P:{Train}.Client.A"><summary>Later.</summary></member>"""));
        var corpus = Load();
        Assert.Equal("Client.A\nText.", Assert.Single(corpus.Train).Text);
        Assert.Equal((3, 1, 1), (corpus.Statistics.Members, corpus.Statistics.RepeatedIds, corpus.Statistics.WithoutText));
    }

    [Fact]
    public void SameFilesGiveTheSameHashInAnyOrder()
    {
        var texts = Enumerable.Range(0, 40).Select(i => Document(
            $"""<member name="P:{(i % 4 == 0 ? HeldOut : Train)}.Client.P{i}"><summary>Text {i % 30}.</summary></member>"""));
        var files = texts.Select((text, i) => (Name: $"{i}.xml", text)).ToArray();
        string Hash(string name, IEnumerable<(string Name, string Text)> order)
        {
            foreach (var file in order)
                folder.Write(Path.Combine(name, file.Name), file.Text);
            return DotnetDocsCorpus.Load(Path.Combine(folder.Path, name)).Hash;
        }
        var hash = Hash("up", files);
        Assert.Matches("^[0-9a-f]{64}$", hash);
        Assert.Equal(hash, Hash("down", files.Reverse()));
        Assert.NotEqual(hash, Hash("less", files.Skip(2)));
    }

    [Fact]
    public void PairsAskByNameThenBySignature()
    {
        members.Append($"""
            <member name="T:{Train}.Client"><summary>A client.</summary></member>
            <member name="M:{Train}.Client.Go"><summary>Goes.</summary><returns>The way.</returns></member>
            <member name="M:{Train}.Client.Go(System.Int32)">
            <summary>Goes far.</summary><param name="steps">How far.</param>
            <exception cref="T:System.ArgumentException">Too far.</exception>
            <exception cref="T:System.ArgumentException">Too near.</exception></member>
            """);
        var pairs = Load().InstructionPairs(CorpusSplit.Train);
        Assert.Equal([
            ("`Client`", "A client."), ("`Client.Go`", "Goes."), ("What does `Client.Go` return?", "The way."),
            ("`Client.Go(int steps)`", "Goes far."),
            ("When does `Client.Go(int steps)` throw ArgumentException?", "Too far. Too near."),
        ], pairs.Select(pair => (pair.Kind == InstructionKind.Purpose ? Quoted(pair.Question) : pair.Question, pair.Answer)));
        var chat = pairs[0].ToDocument();
        Assert.Equal(["user", "assistant"], chat.Messages!.Select(message => message.Role));
    }

    [Fact]
    public void HeldOutPairsWithAnAnswerFromTrainingAreLeftOut()
    {
        Add(Train, "A", "Gets the name.");
        members.Append(
            $"""<member name="P:{HeldOut}.Client.B"><summary>gets the NAME</summary><value>More.</value></member>""");
        Add(HeldOut, "C", "Gets the host.");
        var corpus = Load();
        Assert.Equal(2, corpus.HeldOut.Count);
        Assert.Equal("Gets the host.", Assert.Single(corpus.InstructionPairs(CorpusSplit.HeldOut)).Answer);
    }

    [Fact]
    public void FolderWithoutFilesIsRefused() =>
        Assert.Throws<BadModelException>(() => DotnetDocsCorpus.Load(new RefPack(folder.Path, null)));

    [Fact]
    public void DamagedFileIsNamed()
    {
        folder.Write("Bad.xml", "<doc>\n<members>");
        Assert.Contains("Bad.xml, line 2", Assert.Throws<BadModelException>(() => DotnetDocsCorpus.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    void Add(string domain, string property, string summary) => members.Append(CultureInfo.InvariantCulture,
        $"""<member name="P:{domain}.Client.{property}"><summary>{summary}</summary></member>""");

    static string Quoted(string question) => $"`{question.Split('`')[1]}`";

    static string FirstWords(int count) => string.Join(' ', Sentence.Split(' ').Take(count));

    static string Document(string content) => $"<doc><members>{content}</members></doc>";

    DotnetDocsCorpus Load()
    {
        folder.Write("A.xml", Document(members.ToString()));
        return DotnetDocsCorpus.Load(new RefPack(folder.Path, null));
    }
}
