using Moesaic.Formats;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public sealed class PreferenceReaderTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    List<Preference> Read(string content, string name = "pairs.jsonl")
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return [.. PreferenceReader.Read(path)];
    }

    [Theory]
    [InlineData("""{"prompt": "q", "chosen": "a", "rejected": "b"}""", true)]
    [InlineData("""{"instruction": "q", "chosen": "a", "rejected": "b"}""", true)]
    [InlineData("""{"prompt": [{"role": "user", "content": "q"}], "chosen": {"role": "assistant", "content": "a"}, "rejected": "b"}""", false)]
    [InlineData("""{"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""", false)]
    [InlineData("""{"conversations": [{"from": "human", "value": "q"}], "chosen": {"from": "gpt", "value": "a"}, "rejected": {"from": "gpt", "value": "b"}}""", false)]
    [InlineData("""{"prompt": "q", "chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "rejected": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b"}]}""", false)]
    public void The_forms_in_which_pairs_are_published_are_read(string record, bool plain)
    {
        var pair = Assert.Single(Read(record));
        Assert.Equal(("user", "q"), (pair.Prompt.Single().Role, pair.Prompt.Single().Content));
        Assert.Equal(("a", "b", plain), (pair.Chosen.Content, pair.Rejected.Content, pair.IsPlain));
        Assert.Equal(pair.Source, Path.Combine(folder, "pairs.jsonl") + ", line 1");
    }

    [Fact]
    public void A_system_text_goes_before_and_an_array_is_read()
    {
        var pair = Assert.Single(Read("""[{"system": "be kind", "prompt": "q", "input": "x", "chosen": "a", "rejected": "b"}]""", "pairs.json"));
        Assert.Equal(["be kind", "q\n\nx"], pair.Prompt.Select(m => m.Content));
        Assert.False(pair.IsPlain);
    }

    [Theory]
    [InlineData("""{"prompt": "q", "chosen": "a"}""", "chosen and rejected")]
    [InlineData("""{"chosen": "a", "rejected": "b"}""", "no prompt")]
    [InlineData("""{"chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""", "no prompt")]
    [InlineData("""{"prompt": "q", "chosen": [{"role": "user", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}]}""", "the assistant's")]
    [InlineData("""{"prompt": "q", "chosen": 3, "rejected": "b"}""", "string or a turn")]
    [InlineData("""{"prompt": "q", "chosen": {"role": "user", "content": "a"}, "rejected": "b"}""", "the assistant's")]
    [InlineData("""{"chosen": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}], "rejected": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "b"}]}""", "the same up to their last turns")]
    public void What_is_no_pair_is_refused_with_its_line(string record, string reason)
    {
        var message = Assert.Throws<BadModelException>(() => Read("\n" + record)).Message;
        Assert.Contains("line 2", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Running_text_and_nothing_at_all_are_refused()
    {
        Assert.Contains("no preference pairs", Assert.Throws<BadModelException>(() => Read("text", "a.txt")).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<BadModelException>(() => Read("")).Message, StringComparison.Ordinal);
    }
}
