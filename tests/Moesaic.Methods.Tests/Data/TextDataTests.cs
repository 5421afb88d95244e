using System.Text;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Tests.Data;

public sealed class TextDataTests
{
    static readonly ByteTokenizer Tokenizer = new();

    [Fact]
    public void A_file_is_read_whole_and_in_order()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "one<|endoftext|>two<|endoftext|>three");
        var data = TextData.Read(new DataOptions { Path = folder["a.txt"] }, CorpusSplit.Train, Tokenizer, seed: 1);
        Assert.Equal(["one", "two", "three"], data.Samples.Select(s => Tokenizer.Decode(s.Tokens)));
        Assert.Equal(14, data.Tokens);      // an end token a document
        Assert.Empty(data.Notes);
    }

    [Fact]
    public void A_limit_draws_documents_by_the_seed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["a.txt"], Enumerable.Range(100, 100).Select(i => $"document {i}<|endoftext|>"));
        string[] Read(ulong seed) => [.. TextData.Read(new DataOptions { Path = folder["a.txt"], Tokens = 65 }, CorpusSplit.Train, Tokenizer, seed)
            .Samples.Select(s => Tokenizer.Decode(s.Tokens))];
        Assert.Equal(5, Read(1).Length);
        Assert.Equal(Read(1), Read(1));
        Assert.NotEqual(Read(1), Read(2));
    }

    [Fact]
    public void Too_little_text_is_said()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "short");
        File.WriteAllText(folder["readme.md"], "no data");
        var data = TextData.Read(new DataOptions { Path = folder.Path, Tokens = 100 }, CorpusSplit.Train, Tokenizer, seed: 1);
        Assert.Contains(data.Notes, n => n.Contains("fewer than the 100", StringComparison.Ordinal));
        Assert.Contains(data.Notes, n => n.Contains("readme.md", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_read_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a.txt"], "text");
        File.WriteAllText(folder["chat.jsonl"], """{"prompt": "a", "response": "b"}""");
        Assert.Throws<BadModelException>(() => TextData.Input("data", new DataOptions { Path = folder["missing"] }));
        Assert.Throws<BadRequestException>(() => TextData.Input("data", new DataOptions { Path = folder["a.txt"], Part = CorpusSplit.HeldOut }));
        Assert.Throws<BadRequestException>(() =>
            TextData.Read(new DataOptions { Path = folder["chat.jsonl"] }, CorpusSplit.Train, Tokenizer, seed: 1));
        Assert.Equal(folder["a.txt"], TextData.Input("data", new DataOptions { Path = folder["a.txt"] }).Path);
    }

    [Fact]
    public void The_documentation_has_two_parts()
    {
        var options = new DataOptions { Path = "dotnet-docs", Tokens = 2000 };
        var train = TextData.Read(options, CorpusSplit.Train, Tokenizer, seed: 1);
        var heldOut = TextData.Read(options with { Part = CorpusSplit.HeldOut }, CorpusSplit.Train, Tokenizer, seed: 1);
        Assert.InRange(train.Tokens, 2000, 10000);
        Assert.NotEqual(train.Samples[0].Tokens, heldOut.Samples[0].Tokens);
        Assert.NotNull(TextData.Input("data", options).Hash);

        var template = ChatTemplate.Parse("{% for m in messages %}{{ m.content }}\n{% endfor %}", new Dictionary<string, string>());
        var chat = TextData.Read(options with { Chat = true }, CorpusSplit.Train, Tokenizer, seed: 1, template);
        Assert.All(chat.Samples, s => Assert.Contains(true, s.LossMask!));
        Assert.Throws<BadRequestException>(() => TextData.Read(options with { Chat = true }, CorpusSplit.Train, Tokenizer, seed: 1));
    }

    /// <summary>A token per byte, and 256 for the end.</summary>
    internal sealed class ByteTokenizer : ITokenizer
    {
        public int VocabularySize => 257;
        public int? BosId => null;
        public int? EosId => 256;
        public int? PadId => null;
        public IReadOnlySet<int> SpecialIds { get; } = new HashSet<int> { 256 };
        public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true) => Encode(Encoding.UTF8.GetBytes(text));
        public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true) => [.. utf8.ToArray().Select(b => (int)b)];
        public int[] EncodeAround(string text, IReadOnlyList<Range> given) => Encode(text);
        public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) =>
            Encoding.UTF8.GetString([.. ids.ToArray().Where(i => i < 256).Select(i => (byte)i)]);
        public ReadOnlySpan<byte> TokenBytes(int id) => new[] { (byte)id };
        public int? IdOf(string token) => null;
    }
}
