using System.Globalization;
using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Architectures;

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

    public static IEnumerable<string> Names => NamesIn("");

    /// <summary>The cases in a folder of <see cref="Root"/>, with its name before theirs.</summary>
    public static IEnumerable<string> NamesIn(string folder) => Directory.GetDirectories(Path.Combine(Root, folder))
        .Where(d => File.Exists(Path.Combine(d, "golden.safetensors"))).Select(d => Path.Combine(folder, Path.GetFileName(d))).Order(StringComparer.Ordinal);

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

    /// <summary>The gradient of a parameter, which may be a part of a tensor.</summary>
    public float[] Gradient(string prefix, IArchitecture architecture, ModelSpec spec, string parameter)
    {
        var name = architecture.TensorName(parameter);
        if (!architecture.InterleavesExperts || name.Split('.') is not [.. var layer, "experts", var number, var projection, var kind])
            return Floats(prefix + name);
        bool down = projection == "down_proj", bias = kind == "bias";
        var whole = Floats($"{prefix}{string.Join('.', layer)}.experts.{(down ? "down_proj" : "gate_up_proj")}{(bias ? "_bias" : "")}");
        int inner = ((MixtureSpec)spec.Layers[0].FeedForward).ExpertWidths[0], rows = down ? spec.Width : inner;
        int columns = bias ? 1 : down ? inner : spec.Width, stored = down ? rows : 2 * rows;
        int expert = int.Parse(number, CultureInfo.InvariantCulture), first = projection == "up_proj" ? 1 : 0;
        var part = new float[rows * columns];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++)
                part[(r * columns) + c] = whole[(((expert * columns) + c) * stored) + (down ? r : (2 * r) + first)];
        return part;
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
