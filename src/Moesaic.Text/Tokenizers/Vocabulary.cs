using System.Collections.Frozen;
using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>A token that is found in the text before anything else happens to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its name, which is also what is looked for.</param>
/// <param name="SingleWord">Not inside a word.</param>
/// <param name="StripLeft">Swallows white space before it.</param>
/// <param name="StripRight">Swallows white space behind it.</param>
/// <param name="Normalized">Looked for, normalized, in the normalized text.</param>
/// <param name="Special">Steers the model; is no text.</param>
sealed record AddedToken(
    int Id, string Content, bool SingleWord = false, bool StripLeft = false, bool StripRight = false,
    bool Normalized = false, bool Special = true);

/// <summary>Tokens by id and by name, added tokens included.</summary>
sealed class Vocabulary
{
    /// <summary>Ids above this are a damaged file, not a vocabulary.</summary>
    public const int HighestId = (1 << 22) - 1;

    readonly string?[] names;
    readonly Dictionary<string, int> ids;
    readonly Dictionary<int, AddedToken> added;

    public Vocabulary(IReadOnlyDictionary<string, int> model, IReadOnlyList<AddedToken> addedTokens, string source)
    {
        ids = new Dictionary<string, int>(model, StringComparer.Ordinal);
        names = new string?[1 + model.Values.Concat(addedTokens.Select(t => t.Id)).DefaultIfEmpty(-1).Max()];
        foreach (var (name, id) in model) names[id] = name;
        foreach (var token in addedTokens)
        {
            if (names[token.Id] is { } other && other != token.Content)
                throw new BadModelException(
                    $"{source}: the added token '{token.Content}' has the id {token.Id}, which belongs to '{other}'.");
            if (ids.TryGetValue(token.Content, out var id) && id != token.Id)
                throw new BadModelException($"{source}: the token '{token.Content}' has two ids, {id} and {token.Id}.");
            ids[token.Content] = token.Id;
            names[token.Id] = token.Content;
        }
        added = addedTokens.ToDictionary(t => t.Id);
        Specials = addedTokens.Where(t => t.Special).Select(t => t.Id).ToFrozenSet();
    }

    /// <summary>The highest id + 1.</summary>
    public int Size => names.Length;

    public FrozenSet<int> Specials { get; }

    public IReadOnlyDictionary<int, AddedToken> Added => added;

    public string? NameOf(int id) => (uint)id < (uint)names.Length ? names[id] : null;

    public int? IdOf(string name) => ids.TryGetValue(name, out var id) ? id : null;

    public bool IsAdded(int id) => added.ContainsKey(id);
}
