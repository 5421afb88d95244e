using System.Runtime.InteropServices;
using Moesaic.Formats;

namespace Moesaic.Methods.Calibration;

/// <summary>Reads arrays of a safetensors file strictly: type, shape, finite numbers, and nothing left over.</summary>
/// <param name="file">Open as long as this is used.</param>
sealed class StatisticsReader(SafetensorsFile file)
{
    readonly HashSet<string> read = new(StringComparer.Ordinal);

    /// <summary>Whether there is such an array.</summary>
    public bool Has(string name) => file.Find(name) is not null;

    /// <summary>The shape of an array.</summary>
    public long[] Shape(string name, int dimensions)
    {
        var info = Info(name);
        return info.Shape.Length == dimensions && info.Shape.ToArray().All(d => d is >= 0 and <= int.MaxValue) ? info.Shape.ToArray()
            : throw new BadModelException($"{file.Path}: {info} should have {dimensions} dimensions. Calibrate again.");
    }

    /// <summary>Sums.</summary>
    public double[] Sums(string name, params ReadOnlySpan<long> shape)
    {
        var values = Read<double>(name, TensorType.F64, shape);
        return values.All(double.IsFinite) ? values
            : throw new BadModelException($"{file.Path}: {name} holds a number that is not finite. Calibrate again.");
    }

    /// <summary>Counts.</summary>
    public long[] Counts(string name, params ReadOnlySpan<long> shape)
    {
        var values = Read<long>(name, TensorType.I64, shape);
        return values.All(n => n >= 0) ? values : throw new BadModelException($"{file.Path}: {name} holds a negative count. Calibrate again.");
    }

    /// <summary>Values of float32.</summary>
    public float[] Floats(string name, params ReadOnlySpan<long> shape) => Read<float>(name, TensorType.F32, shape);

    /// <summary>Refuses a file that holds more than what was read.</summary>
    public void RefuseRest()
    {
        if (file.Tensors.FirstOrDefault(t => !read.Contains(t.Name)) is { } more)
            throw new BadModelException($"{file.Path}: {more.Name} is no statistic that is known; the file is of another version or damaged. Calibrate again.");
    }

    T[] Read<T>(string name, TensorType type, ReadOnlySpan<long> shape) where T : unmanaged
    {
        var info = Info(name);
        if (info.Type != type || !info.Shape.SequenceEqual(shape))
            throw new BadModelException($"{file.Path}: {info} should be {type} [{string.Join(", ", shape.ToArray())}]. Calibrate again.");
        read.Add(name);
        return MemoryMarshal.Cast<byte, T>(file.Bytes(info, 0, checked((int)info.ByteLength))).ToArray();
    }

    TensorInfo Info(string name) => file.Find(name) ?? throw new BadModelException($"{file.Path}: {name} is missing. Calibrate again.");
}
