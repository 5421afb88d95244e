using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

/// <summary>What holds for the documentation of whatever 10.0.x SDK builds these tests.</summary>
public sealed class InstalledDocsTests
{
    static readonly Lazy<DotnetDocsCorpus> Corpus = new(() => DotnetDocsCorpus.Load());

    [Fact]
    public void CommittedVersionGivesCommittedHash()
    {
        if (Corpus.Value.Source.Version != DotnetDocsCorpus.CommittedVersion)
            Assert.Skip($"install the .NET SDK with reference pack {DotnetDocsCorpus.CommittedVersion}");
        Assert.Equal(DotnetDocsCorpus.CommittedHash, Corpus.Value.Hash);
        Assert.True(Corpus.Value.MatchesCommitted);
    }

    /// <summary>The figures in docs/corpus.md.</summary>
    [Fact]
    public void CommittedVersionGivesDocumentedFigures()
    {
        if (Corpus.Value.Source.Version != DotnetDocsCorpus.CommittedVersion)
            Assert.Skip($"install the .NET SDK with reference pack {DotnetDocsCorpus.CommittedVersion}");
        var counted = Corpus.Value.Statistics;
        Assert.Equal((30_686, 3_758), (Corpus.Value.Train.Count, Corpus.Value.HeldOut.Count));
        Assert.Equal((7_457_009, 856_815, 23_653), (counted.TrainBytes, counted.HeldOutBytes, counted.TrainVocabulary));
        Assert.Equal((60_930, 2_566, 7_096, 16_257), (counted.Members, counted.WithoutText, counted.RepeatedTexts, counted.NearCopies));
        Assert.Equal((167, 400), (counted.HeldOutTextsInTraining, counted.HeldOutSharedGrams));
        Assert.Equal(10, counted.HeldOutNamespaces.Count);
        Assert.Equal((53_560, 6_342), (Corpus.Value.InstructionPairs(CorpusSplit.Train).Count,
            Corpus.Value.InstructionPairs(CorpusSplit.HeldOut).Count));
    }

    [Fact]
    public void EveryMemberIsADocumentOrCounted()
    {
        var corpus = Corpus.Value;
        var counted = corpus.Statistics;
        Assert.Equal(counted.Members, corpus.Train.Count + corpus.HeldOut.Count + counted.RepeatedIds
            + counted.WithoutText + counted.RepeatedTexts + counted.NearCopies
            + counted.HeldOutTextsInTraining + counted.HeldOutSharedGrams);
        Assert.Equal(corpus.Train.Count + corpus.HeldOut.Count, counted.Domains.Sum(domain => domain.Documents));
    }

    [Fact]
    public void SizesAreWhatTheModelIsMadeFor()
    {
        var counted = Corpus.Value.Statistics;
        Assert.InRange(counted.TrainBytes, 6_000_000, 10_000_000);
        Assert.InRange((double)counted.HeldOutBytes / (counted.TrainBytes + counted.HeldOutBytes), 0.04, 0.15);
        Assert.InRange(counted.TrainVocabulary, 15_000, 40_000);
    }

    [Fact]
    public void SplitsShareNoNamespaceAndNoText()
    {
        var corpus = Corpus.Value;
        Assert.Empty(corpus.Train.Select(document => document.Domain)
            .Intersect(corpus.HeldOut.Select(document => document.Domain), StringComparer.Ordinal));
        Assert.Equal(corpus.Train.Count + corpus.HeldOut.Count, corpus.Train.Concat(corpus.HeldOut)
            .Select(document => document.Text).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void TextsAreCleanLines()
    {
        foreach (var document in Corpus.Value.Train.Concat(Corpus.Value.HeldOut))
        {
            Assert.NotEmpty(document.Domain);
            Assert.DoesNotContain("  ", document.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(document.Text, letter => char.IsControl(letter) && letter != '\n');
            var lines = document.Text.Split('\n');
            Assert.True(lines.Length > 1, document.Member);
            Assert.All(lines, line => Assert.True(line.Length > 0 && line == line.Trim(), document.Member));
            Assert.DoesNotContain('`', lines[0]);
            Assert.DoesNotContain('#', lines[0]);
        }
    }

    [Fact]
    public void HeldOutAnswersAreNotInTraining()
    {
        var train = Corpus.Value.InstructionPairs(CorpusSplit.Train);
        var heldOut = Corpus.Value.InstructionPairs(CorpusSplit.HeldOut);
        Assert.True(train.Count > 40_000 && heldOut.Count > 3_000);
        Assert.Empty(train.Select(pair => pair.Answer).Intersect(heldOut.Select(pair => pair.Answer), StringComparer.Ordinal));
        Assert.Equal(train.Count, train.Select(pair => pair.Question).Distinct(StringComparer.Ordinal).Count());
    }
}
