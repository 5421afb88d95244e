using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;

namespace Moesaic.Parity.Tests;

/// <summary>A folder of Golden: a tiny checkpoint and what PyTorch makes of it.</summary>
sealed class GoldenCase : IDisposable
{
    readonly TensorStore store;

    public GoldenCase(string name)
    {
        Folder = Path.Combine(Root, name);
        store = TensorStore.Open(Path.Combine(Folder, "golden.safetensors"));
    }

    static string Root => Path.Combine(AppContext.BaseDirectory, "Golden");

    public static IEnumerable<string> Names => Directory.GetDirectories(Root)
        .Where(d => File.Exists(Path.Combine(d, "golden.safetensors"))).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal);

    public string Folder { get; }

    public bool HasAuxiliaryLosses => store.Contains("loss_with_aux");

    public bool Has(string name) => store.Contains(name);

    public int[] Integers(string name) => MemoryMarshal.Cast<byte, int>(store.Bytes(name)).ToArray();

    public float[] Floats(string name)
    {
        var values = new float[store.Info(name).ElementCount];
        store.Read(name, values);
        return values;
    }

    public PassInput Input()
    {
        var ids = Integers("segments");
        var segments = new List<AttentionSegment>();
        for (var start = 0; start < ids.Length;)
        {
            var end = start;
            while (end < ids.Length && ids[end] == ids[start]) end++;
            segments.Add(new AttentionSegment(start, end - start, start, end - start));
            start = end;
        }
        return new PassInput
        {
            Tokens = Integers("tokens"), Positions = Integers("positions"), Segments = segments.ToArray(),
        };
    }

    public void Dispose() => store.Dispose();
}
