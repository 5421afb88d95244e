using System.Text;

namespace Moesaic.Formats.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static TensorSource Floats(string name, TensorType type, params float[] values) =>
        TensorSource.FromFloats(name, type, [values.Length], () => values);

    [Fact]
    public void Bytes_are_those_of_the_format()
    {
        SafetensorsWriter.Write(folder["a"], [new TensorSource("u", TensorType.U8, [1], s => s.WriteBytes([9])), Floats("w", TensorType.F32, 1f)]);
        const string Header = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}""";
        int padded = (Header.Length + 7) / 8 * 8;
        byte[] expected = [.. BitConverter.GetBytes((long)padded), .. Encoding.ASCII.GetBytes(Header.PadRight(padded)), 0, 0, 0x80, 0x3F, 9];
        Assert.Equal(expected, File.ReadAllBytes(folder["a"]));
    }

    [Fact]
    public void Every_tensor_is_aligned_to_its_elements()
    {
        SafetensorsWriter.Write(folder["a"], [
            new TensorSource("odd", TensorType.I8, [3], s => s.WriteBytes([1, 2, 3])),
            Floats("half", TensorType.F16, 1f), Floats("double", TensorType.F64, 1f), Floats("single", TensorType.F32, 1f)]);
        using var file = SafetensorsFile.Open(folder["a"]);
        Assert.Equal(["double", "single", "half", "odd"], file.Tensors.Select(t => t.Name));
        Assert.All(file.Tensors, t => Assert.Equal(0, t.Offset % t.Type.ByteSize()));
    }

    [Fact]
    public void Python_file_copied_tensor_by_tensor_keeps_names_types_shapes_and_bytes()
    {
        using var golden = TensorStore.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "all_types.safetensors"));
        SafetensorsWriter.Write(folder["copy"], golden.Tensors.Select(t => TensorSource.Copy(golden, t.Name)));
        using var copy = TensorStore.Open(folder["copy"]);
        Assert.Equal(golden.Tensors.Select(t => t.ToString()).Order(StringComparer.Ordinal), copy.Tensors.Select(t => t.ToString()).Order(StringComparer.Ordinal));
        Assert.All(golden.Tensors, t => Assert.Equal(golden.Bytes(t.Name), copy.Bytes(t.Name)));
    }

    [Fact]
    public void Metadata_is_sorted_and_keeps_its_format()
    {
        SafetensorsWriter.Write(folder["a"], [], new Dictionary<string, string>(StringComparer.Ordinal) { ["z"] = "\"1\"", ["b"] = "2", ["format"] = "np" });
        using var file = SafetensorsFile.Open(folder["a"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("\"1\"", file.Metadata["z"]);
        Assert.Equal(["format", "b", "z"], file.Metadata.Keys);
    }

    [Theory]
    [InlineData(float.NaN, TensorType.F32)]
    [InlineData(70000f, TensorType.F16)]
    public void Value_that_cannot_be_stored_leaves_no_file(float value, TensorType type)
    {
        var error = Assert.Throws<BadModelException>(() => SafetensorsWriter.Write(folder["a"], [Floats("w", type, 1f, value)]));
        Assert.Contains($"Tensor w cannot be stored as {type}: element 1", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Delivering_too_little_or_too_much_is_a_defect_of_the_caller(int delivered)
    {
        var source = new TensorSource("w", TensorType.F32, [2], s => s.WriteFloats(new float[delivered]));
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(folder["a"], [source]));
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Same_name_twice_is_a_defect_of_the_caller() =>
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(folder["a"], [Floats("w", TensorType.F32, 1f), Floats("w", TensorType.F32, 1f)]));

    [Fact]
    public void Shape_that_overflows_is_a_defect_of_the_caller() =>
        Assert.Throws<OverflowException>(() => new TensorSource("w", TensorType.F32, [long.MaxValue, 2], _ => { }));

    [Fact]
    public void Random_tensors_survive_the_round_trip()
    {
        var random = new Random(7);
        for (int round = 0; round < 50; round++)
        {
            var tensors = Enumerable.Range(0, random.Next(6)).Select(i =>
            {
                var type = Enum.GetValues<TensorType>()[random.Next(8)];
                long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(5))];
                var bytes = new byte[shape.Aggregate((long)type.ByteSize(), (a, b) => a * b)];
                random.NextBytes(bytes);
                return (Name: $"t.{i}\"\\ü", Type: type, Shape: shape, Bytes: bytes);
            }).ToList();
            SafetensorsWriter.Write(folder["a"], tensors.Select(t => new TensorSource(t.Name, t.Type, t.Shape, s => s.WriteBytes(t.Bytes))));
            using var store = TensorStore.Open(folder["a"]);
            Assert.Equal(tensors.Count, store.Tensors.Count());
            foreach (var t in tensors)
            {
                Assert.Equal(t.Type, store.Info(t.Name).Type);
                Assert.Equal(t.Shape, store.Info(t.Name).Shape.ToArray());
                Assert.Equal(t.Bytes, store.Bytes(t.Name).ToArray());
            }
        }
    }
}
