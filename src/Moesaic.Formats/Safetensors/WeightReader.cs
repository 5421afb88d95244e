namespace Moesaic.Formats;

/// <summary>
/// Accounts for every tensor of a checkpoint before any data is read. An architecture takes what it needs by name and
/// shape; <see cref="Finish"/> then refuses a checkpoint with anything missing, misshapen or left over, all at once.
/// </summary>
/// <example><code>
/// var reader = new WeightReader(store);
/// reader.Take("model.norm.weight", 288);
/// foreach (string note in reader.Finish()) Console.Error.WriteLine(note);
/// </code></example>
public sealed class WeightReader(TensorStore store)
{
    readonly HashSet<string> taken = new(StringComparer.Ordinal);
    readonly List<string> missing = [];
    readonly List<string> wrong = [];
    readonly List<string> notes = [];

    /// <summary>Where the tensors come from.</summary>
    public TensorStore Store => store;

    /// <summary>Claims a required floating point tensor.</summary>
    /// <returns>The tensor, or null when it is missing, which <see cref="Finish"/> will report.</returns>
    public TensorInfo? Take(string name, params ReadOnlySpan<long> shape)
    {
        var info = TryTake(name, shape);
        if (info is null) missing.Add(name);
        return info;
    }

    /// <summary>Claims a floating point tensor that may be absent; null when it is.</summary>
    public TensorInfo? TryTake(string name, params ReadOnlySpan<long> shape)
    {
        if (store.Find(name) is not { } info) return null;
        taken.Add(name);
        if (!info.Shape.SequenceEqual(shape))
            wrong.Add($"{info}, the configuration asks for {TensorInfo.FormatShape(shape)}");
        else if (!info.Type.IsFloat())
            wrong.Add($"{info} holds integers; quantised checkpoints must be converted to BF16, F16 or F32 first");
        return info;
    }

    /// <summary>Claims a required tensor of bytes.</summary>
    /// <returns>The tensor, or null when it is missing, which <see cref="Finish"/> will report.</returns>
    public TensorInfo? TakeBytes(string name, params ReadOnlySpan<long> shape)
    {
        taken.Add(name);
        if (store.Find(name) is not { } info) missing.Add(name);
        else if (!info.Shape.SequenceEqual(shape) || info.Type != TensorType.U8)
            wrong.Add($"{info}, the configuration asks for U8 {TensorInfo.FormatShape(shape)}");
        else return info;
        return null;
    }

    /// <summary>
    /// Skips, with a note, a tensor that carries no information of its own; does nothing when it is absent.
    /// </summary>
    public void Skip(string name, string reason)
    {
        if (store.Contains(name) && taken.Add(name)) notes.Add($"{name} is skipped: {reason}.");
    }

    /// <summary>
    /// Skips <paramref name="copy"/> (an lm_head stored although the embeddings are tied) when it equals
    /// <paramref name="original"/> bit by bit; when it differs, <see cref="Finish"/> refuses the checkpoint.
    /// </summary>
    public void SkipCopy(string copy, string original)
    {
        if (store.Find(copy) is not { } a || store.Find(original) is not { } b) return;
        if (SameBytes(a, b)) Skip(copy, $"it equals {original}, to which it is tied");
        else if (taken.Add(copy))
            wrong.Add($"{copy} differs from {original}, although the configuration ties them (tie_word_embeddings)");
    }

    /// <summary>Ends the accounting.</summary>
    /// <returns>Notes about tensors that were skipped, for the user.</returns>
    /// <exception cref="BadModelException">Tensors missing, of the wrong shape or type, or left over.</exception>
    public IReadOnlyList<string> Finish()
    {
        foreach (var info in store.Tensors)
            if (info.Name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)) taken.Add(info.Name);
        int frequencies = store.Tensors.Count(t => t.Name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal));
        if (frequencies > 0)
            notes.Add($"{frequencies} rotary_emb.inv_freq tensor(s) are skipped: they follow from the configuration.");

        var left = store.Tensors.Where(t => !taken.Contains(t.Name)).Select(t => t.Name).ToList();
        if (missing.Count + wrong.Count + left.Count == 0) return notes;
        var lines = new List<string> { $"The weights of {store.Path} do not match its configuration." };
        Describe(lines, $"missing ({missing.Count})", NamePattern.Group(missing));
        Describe(lines, $"wrong ({wrong.Count})", wrong);
        Describe(lines, $"left over ({left.Count})", NamePattern.Group(left));
        throw new BadModelException(string.Join('\n', lines));
    }

    static void Describe(List<string> lines, string title, IReadOnlyList<string> items)
    {
        const int Most = 20;
        if (items.Count == 0) return;
        lines.Add($"  {title}:");
        lines.AddRange(items.Take(Most).Select(i => $"    {i}"));
        if (items.Count > Most) lines.Add($"    and {items.Count - Most} more");
    }

    bool SameBytes(TensorInfo a, TensorInfo b)
    {
        const int Piece = 1 << 24;
        if (a.Type != b.Type || !a.Shape.SequenceEqual(b.Shape)) return false;
        for (long done = 0; done < a.ByteLength; done += Piece)
        {
            int length = (int)Math.Min(Piece, a.ByteLength - done);
            if (!store.Bytes(a.Name, done, length).SequenceEqual(store.Bytes(b.Name, done, length))) return false;
        }
        return true;
    }
}
