using Moesaic.Formats;

namespace Moesaic.Models.Gguf;

/// <summary>Accounts for every tensor of a file: what is missing, misshapen or left over is refused, all at once.</summary>
/// <param name="file">The file.</param>
sealed class GgufAccount(GgufFile file)
{
    const int Shown = 20;

    readonly HashSet<string> taken = new(StringComparer.Ordinal);
    readonly List<string> faults = [];

    /// <summary>Claims a tensor; null when it is missing or misshapen, which <see cref="Finish"/> reports.</summary>
    public GgufTensorInfo? Take(string name, long[] shape)
    {
        taken.Add(name);
        if (file.Find(name) is not { } info) faults.Add($"{name} is missing");
        else if (!info.Shape.SequenceEqual(shape)) faults.Add($"{info}: the metadata ask for [{string.Join(", ", shape)}]");
        else return info;
        return null;
    }

    /// <summary>Claims a tensor that was already used.</summary>
    public void Accept(string name) => taken.Add(name);

    /// <exception cref="BadModelException">The tensors are not those that the metadata ask for.</exception>
    public void Finish()
    {
        faults.AddRange(file.Tensors.Where(t => !taken.Contains(t.Name)).Select(t => $"{t.Name} is left over"));
        if (faults.Count == 0) return;
        var more = faults.Count > Shown ? $"\n  and {faults.Count - Shown} more" : "";
        throw new BadModelException($"The tensors of {file.Path} are not those that its metadata ask for:\n  "
            + string.Join("\n  ", faults.Take(Shown)) + more);
    }
}
