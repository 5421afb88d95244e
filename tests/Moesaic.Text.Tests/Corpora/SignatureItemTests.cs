using Moesaic.Formats;
using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class SignatureItemTests
{
    [Theory]
    [InlineData("Gets the address.", "Gets")]
    [InlineData("Asynchronously sends a request.", "Sends")]
    [InlineData("Sends, and waits.", "Sends")]
    [InlineData("The address.", null)]
    [InlineData("This class is old.", null)]
    [InlineData("Only", null)]
    [InlineData("List<T>s are lists.", null)]
    [InlineData("", null)]
    public void The_verb_is_the_first_word_in_the_third_person(string text, string? verb) => Assert.Equal(verb, SignatureItem.VerbOf(text));

    [Fact]
    public void A_parameter_is_described_by_a_line_of_its_own()
    {
        var text = "Gets the export of handle: see there.\nname: The name.\nReturns: The handle.\n handle: no.\nNAME: no.";
        Assert.Equal(["name"], SignatureItem.Described(text, ["handle", "name", "Name"]));
        Assert.Empty(SignatureItem.Described("", ["a"]));
    }

    /// <summary>Every item's own document has the answers.</summary>
    [Fact]
    public void Documents_answer_their_own_signatures()
    {
        DotnetDocsCorpus corpus;
        try
        {
            corpus = DotnetDocsCorpus.Load();
        }
        catch (BadModelException e)
        {
            Assert.Skip(e.Message);
            return;
        }
        foreach (var split in new[] { CorpusSplit.Train, CorpusSplit.HeldOut })
        {
            var texts = corpus.Documents(split).ToDictionary(d => d.Member, d => d.Text);
            var items = corpus.Signatures(split);
            Assert.True(items.Count > (split == CorpusSplit.Train ? 5000 : 500));
            foreach (var item in items)
            {
                var text = texts[item.Member];
                Assert.StartsWith(item.Prompt, text, StringComparison.Ordinal);
                Assert.Equal(item.Parameters, SignatureItem.Described(text[item.Prompt.Length..], item.Parameters));
                Assert.Equal(item.Verb, SignatureItem.VerbOf(text[item.Prompt.Length..]));
                Assert.All(item.Parameters, p => Assert.Contains(p, item.Prompt, StringComparison.Ordinal));
            }
        }
    }
}
