using System.Collections.Frozen;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// A tokenizer.model at work. With special tokens parsed, each stretch between two of them is encoded as a text of its
/// own, dummy prefix included, as the original LLaMA tokenizer does.
/// </summary>
sealed class SentencePieceTokenizer : ITokenizer, IStreamDecodable
{
    readonly SentencePieceModel model;
    readonly SentencePieceVocabulary pieces;
    readonly Vocabulary vocabulary;
    readonly SpecialTokens roles;
    readonly Template template;
    readonly SentencePieceNormalizer normalizer;
    readonly ISentencePieceEncoder encoder;
    readonly AddedTokenMatcher matcher;

    /// <param name="model">The file.</param>
    /// <param name="config">What the files beside it say.</param>
    public SentencePieceTokenizer(SentencePieceModel model, TokenizerConfig config)
    {
        this.model = model;
        pieces = new SentencePieceVocabulary(model);
        encoder = model.Algorithm switch
        {
            SentencePieceAlgorithm.Unigram => new UnigramEncoder(pieces),
            SentencePieceAlgorithm.Bpe => new BpeByScoreEncoder(pieces),
            var other => throw new Formats.BadModelException(
                $"{model.File}: SentencePiece models of the type {other} are not supported, only Unigram and Bpe are."),
        };
        var rules = model.CharsMap.Length > 0 ? new CharsMap(model.CharsMap, model.File) : null;
        normalizer = new SentencePieceNormalizer(model, rules, pieces.UserDefined);
        vocabulary = new Vocabulary(pieces.Ids, AddedTokens(config), model.File);
        var named = config.Roles(vocabulary.IdOf);
        roles = named with
        {
            Bos = named.Bos ?? Control(model.BosPiece),
            Eos = named.Eos ?? Control(model.EosPiece),
            Pad = named.Pad ?? Control(model.PadPiece),
        };
        template = new Template(
            (config.AddBos ?? true) && roles.Bos is { } bos ? [bos] : [],
            (config.AddEos ?? false) && roles.Eos is { } eos ? [eos] : []);
        SpecialIds = vocabulary.Specials.Concat(roles.Others).Concat(new[] { roles.Bos, roles.Eos, roles.Pad }.OfType<int>())
            .Where(id => id != pieces.UnknownId).ToFrozenSet();
        matcher = new AddedTokenMatcher(vocabulary.Added.Values.Select(t => (t.Content, t)));
    }

    public SentencePieceModel Model => model;

    public Vocabulary Names => vocabulary;

    public Template Template => template;

    public int VocabularySize => vocabulary.Size;

    public int? BosId => roles.Bos;

    public int? EosId => roles.Eos;

    public int? PadId => roles.Pad;

    public IReadOnlySet<int> SpecialIds { get; }

    public int? IdOf(string token) => vocabulary.IdOf(token);

    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true) =>
        Encode(text, addSpecial, parseSpecial ? Strangers.Nothing : Strangers.All);

    public int[] EncodeAround(string text, IReadOnlyList<Range> given) => Encode(text, addSpecial: false, new Strangers(given));

    int[] Encode(string text, bool addSpecial, Strangers strangers)
    {
        text = CodePoints.Sanitize(text);
        var ids = new List<int>(text.Length / 3 + 8);
        if (addSpecial) ids.AddRange(template.Before);
        foreach (var (token, start, end) in matcher.Cut(text, strangers))
        {
            if (token is not null) ids.Add(token.Id);
            else EncodeStretch(Encoding.UTF8.GetBytes(text, start, end - start), ids);
        }
        if (addSpecial) ids.AddRange(template.After);
        return [.. ids];
    }

    public int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true)
    {
        // Through a string only when that loses nothing: what an invalid byte becomes is the normalizer's business.
        if (System.Text.Unicode.Utf8.IsValid(utf8)) return Encode(Encoding.UTF8.GetString(utf8), addSpecial, parseSpecial);
        var ids = new List<int>(utf8.Length / 3 + 8);
        if (addSpecial) ids.AddRange(template.Before);
        // Latin-1 keeps every byte apart while special tokens are looked for.
        var text = Encoding.Latin1.GetString(utf8);
        foreach (var (token, start, end) in LatinMatcher.Cut(text, parseSpecial))
        {
            if (token is not null) ids.Add(token.Id);
            else EncodeStretch(utf8[start..end], ids);
        }
        if (addSpecial) ids.AddRange(template.After);
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
        if (vocabulary.NameOf(id) is not { } name) return [];
        if (id >= pieces.Pieces.Length) return Encoding.UTF8.GetBytes(name);
        return pieces.Pieces[id].Kind switch
        {
            PieceKind.Byte => new[] { (byte)ByteFallbackDecoder.ByteOf(name) },
            PieceKind.Control => Encoding.UTF8.GetBytes(name),
            PieceKind.Unknown => Encoding.UTF8.GetBytes(model.UnknownSurface),
            _ => Encoding.UTF8.GetBytes(name.Replace('▁', ' ')),
        };
    }

    public ITokenStream OpenStream(StringBuilder output, bool skipSpecial) =>
        new SentencePieceStream(model, pieces, vocabulary, SpecialIds, output, skipSpecial);

    AddedTokenMatcher LatinMatcher => field ??= new AddedTokenMatcher(
        vocabulary.Added.Values.Select(t => (Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(t.Content)), t)));

    void EncodeStretch(ReadOnlySpan<byte> text, List<int> ids)
    {
        var normalized = normalizer.Normalize(text);
        if (normalized.Length == 0) return;
        var found = new List<(int Id, int Start, int Length)>(normalized.Length / 3 + 8);
        encoder.Encode(normalized, found);
        var unknownOpen = false;
        foreach (var (id, start, length) in found)
        {
            var unknown = id == pieces.UnknownId;
            if (unknown && model.ByteFallback)
                foreach (var value in normalized.AsSpan(start, length)) ids.Add(pieces.ByteIds[value]);
            else if (!unknown || !unknownOpen)   // a run of unknown pieces is one token
                ids.Add(id);
            unknownOpen = unknown;
        }
    }

    /// <summary>Control pieces of the model, and what the files beside it add.</summary>
    List<AddedToken> AddedTokens(TokenizerConfig config)
    {
        var added = config.AddedTokens().Where(t => t.Id >= pieces.Pieces.Length || t.Special).ToDictionary(t => t.Id);
        for (var id = 0; id < pieces.Pieces.Length; id++)
        {
            var (text, kind) = (pieces.Pieces[id].Text, pieces.Pieces[id].Kind);
            if (kind == PieceKind.Control) added.TryAdd(id, new AddedToken(id, text));
            if (kind == PieceKind.UserDefined && model.CutsUserDefined) added.TryAdd(id, new AddedToken(id, text, Special: false));
        }
        added.Remove(pieces.UnknownId);
        return [.. added.Values.OrderBy(t => t.Id)];
    }

    int? Control(string name) =>
        pieces.Ids.TryGetValue(name, out var id) && pieces.Pieces[id].Kind == PieceKind.Control ? id : null;
}
