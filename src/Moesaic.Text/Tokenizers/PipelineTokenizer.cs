using System.Collections.Frozen;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// A tokenizer.json at work: added tokens are cut out, the rest is normalized, cut into words, and each word encoded;
/// the template puts special tokens around.
/// </summary>
sealed class PipelineTokenizer : ITokenizer, IStreamDecodable
{
    readonly PipelineParts parts;
    readonly Vocabulary vocabulary;
    readonly SpecialTokens roles;
    readonly BpeModel model;
    readonly IPreTokenizer? words;
    readonly ByteLevelPreTokenizer? lastStep;
    readonly AddedTokenMatcher raw;
    readonly AddedTokenMatcher normalized;
    readonly byte[]?[] bytes;

    public PipelineTokenizer(PipelineParts parts, SpecialTokens roles)
    {
        this.parts = parts;
        this.roles = roles;
        vocabulary = parts.Vocabulary;
        // With the byte alphabet as the last step, words can be looked up in the cache before they are rewritten.
        words = parts.PreTokenizer;
        if (words is ByteLevelPreTokenizer only)
            (words, lastStep) = (null, only);
        else if (words is PreTokenizerSequence { Steps: [.., ByteLevelPreTokenizer last] } sequence)
            (words, lastStep) = (new PreTokenizerSequence([.. sequence.Steps.SkipLast(1)]), last);
        model = new BpeModel(parts.Bpe, byteLevel: lastStep is not null);
        var added = vocabulary.Added.Values.OrderBy(t => t.Id).ToList();
        raw = new AddedTokenMatcher(added.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        normalized = new AddedTokenMatcher(added.Where(t => t.Normalized)
            .Select(t => (parts.Normalizer?.Apply(t.Content) ?? t.Content, t)));
        SpecialIds = vocabulary.Specials.Concat(roles.Others)
            .Concat(new[] { roles.Bos, roles.Eos, roles.Pad }.OfType<int>()).ToFrozenSet();
        bytes = new byte[]?[vocabulary.Size];
    }

    public PipelineParts Parts => parts;

    public int VocabularySize => vocabulary.Size;

    public int? BosId => roles.Bos;

    public int? EosId => roles.Eos;

    public int? PadId => roles.Pad;

    public IReadOnlySet<int> SpecialIds { get; }

    public int? IdOf(string token) => vocabulary.IdOf(token);

    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(Encoding.UTF8.GetString(utf8), addSpecial, parseSpecial);

    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(text, addSpecial, parseSpecial ? Strangers.Nothing : Strangers.All);

    public int[] EncodeAround(string text, IReadOnlyList<Range> given) => Encode(text, addSpecial: false, new Strangers(given));

    int[] Encode(string text, bool addSpecial, Strangers strangers)
    {
        text = CodePoints.Sanitize(text);
        var ids = new List<int>(text.Length / 3 + 8);
        if (addSpecial) ids.AddRange(parts.Template.Before);
        foreach (var (token, start, end) in raw.Cut(text, strangers))
        {
            if (token is not null) ids.Add(token.Id);
            else EncodeStretch(text[start..end], start == 0, strangers.From(start), ids);
        }
        if (addSpecial) ids.AddRange(parts.Template.After);
        return [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var output = new StringBuilder(ids.Length * 4);
        var stream = OpenStream(output, skipSpecial);
        foreach (var id in ids) stream.Push(id);
        stream.Finish();
        return output.ToString();
    }

    public ReadOnlySpan<byte> TokenBytes(int id)
    {
        if ((uint)id >= (uint)bytes.Length) return [];
        return bytes[id] ??= vocabulary.NameOf(id) is { } name ? parts.BytesOf(name, vocabulary.IsAdded(id)) : [];
    }

    public ITokenStream OpenStream(StringBuilder output, bool skipSpecial) =>
        new Stream(this, parts.Decoder.Open(new BuilderSink(output)), skipSpecial);

    void EncodeStretch(string text, bool first, Strangers strangers, List<int> ids)
    {
        if (parts.Normalizer is { } normalizer)
        {
            // Where a part begins and ends in normalized text is asked only when there is something to keep out.
            var before = text;
            text = normalizer.Apply(before);
            if (normalized.Cut(text, Strangers.Nothing).Any(part => part.Token is { Special: true }))
                strangers = strangers.Mapped(before.Length, length => normalizer.Apply(before[..length]).Length);
        }
        if (normalized.IsEmpty)
        {
            EncodeWords(text, first, ids);
            return;
        }
        foreach (var (token, start, end) in normalized.Cut(text, strangers))
        {
            if (token is not null) ids.Add(token.Id);
            else EncodeWords(text[start..end], first && start == 0, ids);
        }
    }

    void EncodeWords(string text, bool first, List<int> ids)
    {
        if (text.Length == 0) return;
        var pieces = new List<Piece>();
        if (words is null) pieces.Add(Piece.Whole(text, first));
        else words.Apply(Piece.Whole(text, first), pieces);
        if (lastStep is not null)
        {
            var cut = new List<Piece>(pieces.Count);
            foreach (var piece in pieces) lastStep.Cut(piece, cut);
            pieces = cut;
        }
        foreach (var piece in pieces) model.Encode(piece.Text, ids);
    }

    sealed class Stream(PipelineTokenizer tokenizer, ITextSink sink, bool skipSpecial) : ITokenStream
    {
        public void Push(int id)
        {
            if (skipSpecial && tokenizer.SpecialIds.Contains(id)) return;
            if (tokenizer.vocabulary.NameOf(id) is not { } name) return;
            sink.Begin(tokenizer.vocabulary.IsAdded(id));
            sink.Text(name);
            sink.End();
        }

        public void Finish() => sink.Finish();
    }
}
