using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>What layers read, kept until it is needed: in memory, or in a file that is deleted at the end.</summary>
/// <param name="path">The file; null: memory.</param>
sealed class HiddenStates(string? path) : IDisposable
{
    readonly Dictionary<(int Layer, int Pass), (Tensor? Values, long Offset)> places = [];
    FileStream? file;

    /// <summary>Keeps a copy.</summary>
    public void Write(int layer, int pass, Tensor values)
    {
        if (path is null)
        {
            places[(layer, pass)] = (values.Clone(), 0);
            return;
        }
        try
        {
            file ??= new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            places[(layer, pass)] = (null, file.Position);
            file.Write(MemoryMarshal.AsBytes(values.Span));
        }
        catch (IOException e)
        {
            throw new BadRequestException($"{path}: the hidden states of the calibration text cannot be kept: {e.Message}. Free space or calibrate on fewer tokens.", e);
        }
    }

    /// <summary>Reads what was kept.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="values">Overwritten; of the shape that was kept.</param>
    public void Read(int layer, int pass, Tensor values)
    {
        var place = places[(layer, pass)];
        if (place.Values is { } kept)
        {
            kept.Span.CopyTo(values.Span);
            return;
        }
        file!.Position = place.Offset;
        file.ReadExactly(MemoryMarshal.AsBytes(values.Span));
    }

    /// <summary>Forgets a layer: its memory is freed.</summary>
    public void Forget(int layer)
    {
        foreach (var place in places.Keys.Where(k => k.Layer == layer).ToArray())
            if (places.Remove(place, out var found)) found.Values?.Dispose();
    }

    /// <summary>Frees memory and file.</summary>
    public void Dispose()
    {
        foreach (var (values, _) in places.Values) values?.Dispose();
        file?.Dispose();
    }
}
