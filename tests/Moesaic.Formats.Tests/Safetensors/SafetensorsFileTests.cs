using System.Buffers.Binary;
using System.Diagnostics;

namespace Moesaic.Formats.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static string Golden => Path.Combine(AppContext.BaseDirectory, "Golden", "all_types.safetensors");

    [Fact]
    public void Python_file_of_all_types_is_read()
    {
        using var file = SafetensorsFile.Open(Golden);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(11, file.Tensors.Count);
        float[] expected = [0f, -0f, 1f, -2.5f, 0.333251953125f, 65504f];

        using var store = TensorStore.Open(Golden);
        foreach (string name in (string[])["f64", "f32", "f16"])
        {
            var values = new float[6];
            store.Read(name, values);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), values.Select(BitConverter.SingleToInt32Bits));
        }
        var brains = new float[4];
        store.Read("bf16", brains);
        Assert.Equal([1f, -2.5f, 0f, 3.3895314e38f], brains);
        var scalar = new float[1];
        store.Read("scalar", scalar);
        Assert.Equal(0.1f, scalar[0]);
        Assert.Equal(long.MinValue, BinaryPrimitives.ReadInt64LittleEndian(store.Bytes("i64")));
        Assert.Equal(int.MaxValue, BinaryPrimitives.ReadInt32LittleEndian(store.Bytes("i32", 8, 4)));
        Assert.Equal([0x80, 0xFF, 0, 0x7F], store.Bytes("i8").ToArray());
        Assert.Equal([0, 1, 128, 255], store.Bytes("u8").ToArray());
        Assert.Equal([42], store.Bytes("naïve ∑ 🧩").ToArray());
    }

    [Fact]
    public void Info_tells_where_a_tensor_lies()
    {
        using var file = SafetensorsFile.Open(Golden);
        var info = file.Find("u8")!;
        Assert.Equal(TensorType.U8, info.Type);
        Assert.Equal([2, 1, 2], info.Shape.ToArray());
        Assert.Equal(4, info.ElementCount);
        Assert.Equal(File.ReadAllBytes(Golden).AsSpan((int)info.Offset, 4), file.Bytes(info, 0, 4));
        Assert.Equal(1, file.Find("scalar")!.ElementCount);
        Assert.Equal(0, file.Find("empty")!.ElementCount);
        Assert.Null(file.Find("nothing"));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E4M3")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "data type f32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "1 bytes at the end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "run backwards")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", 4, "[begin, end]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}}""", 4, "whole number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, "larger than any file")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 4, "truncated")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", 4, "outside the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "occurs twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":1}}""", 4, "stride")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "lacks")]
    [InlineData("""{"a":[1]}""", 0, "not an object")]
    [InlineData("""{"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not a usable tensor name")]
    [InlineData("""{"a\n":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not a usable tensor name")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "not valid JSON")]
    [InlineData("{\"\u00ff\":{}}", 0, "not valid UTF-8")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "not a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "occurs twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "occurs twice")]
    [InlineData("""{"a":""", 0, "not valid JSON")]
    [InlineData("""{} x""", 0, "not valid JSON")]
    [InlineData("""[]""", 0, "'{'")]
    [InlineData("", 0, "'{'")]
    public void Lying_header_is_refused(string header, int dataLength, string reason)
    {
        string path = folder["a.safetensors"];
        File.WriteAllBytes(path, RawFile.Bytes(header, dataLength));
        var error = Assert.Throws<BadModelException>(() => SafetensorsFile.Open(path));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000_001, "limit")]
    [InlineData(-1, "limit")]
    [InlineData(3, "truncated")]
    public void Lying_header_length_is_refused(long claimed, string reason)
    {
        File.WriteAllBytes(folder["a"], RawFile.Bytes("{}", claimedHeaderLength: claimed));
        Assert.Contains(reason, Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder["a"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Tiny_file_is_refused(int length)
    {
        File.WriteAllBytes(folder["a"], new byte[length]);
        Assert.Contains("truncated", Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder["a"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Endless_name_or_shape_is_refused_with_a_short_message()
    {
        string longName = new('n', 1_000_000), longShape = string.Join(',', Enumerable.Repeat("1", 1_000_000));
        foreach (var (name, shape) in ((string, string)[])[(longName, "1"), ("a", longShape)])
        {
            File.WriteAllBytes(folder["a"], RawFile.Bytes($$"""{"{{name}}":{"dtype":"U8","shape":[{{shape}}],"data_offsets":[0,1]} }""", 1));
            Assert.InRange(Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder["a"])).Message.Length, 1, 500);
        }
    }

    [Fact]
    public void Missing_file_folder_and_pipe_are_refused_without_waiting()
    {
        Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder["none"]));
        Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder.Path));
        if (OperatingSystem.IsWindows()) return;
        Process.Start("mkfifo", [folder["pipe"]]).WaitForExit();
        Assert.Throws<BadModelException>(() => SafetensorsFile.Open(folder["pipe"]));
    }

    [Fact]
    public void Symbolic_link_is_followed()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("symbolic links need a privilege on Windows");
        File.CreateSymbolicLink(folder["link"], Golden);
        using var file = SafetensorsFile.Open(folder["link"]);
        Assert.Equal(11, file.Tensors.Count);
    }

    [Fact]
    public void Empty_and_padded_headers_are_accepted()
    {
        File.WriteAllBytes(folder["a"], RawFile.Bytes("{}      "));
        using var file = SafetensorsFile.Open(folder["a"]);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void Slices_stay_inside_the_tensor_and_the_lifetime()
    {
        var file = SafetensorsFile.Open(Golden);
        var info = file.Find("f32")!;
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(info, 20, 8).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(info, -4, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Bytes(info, 0, -1).Length);
        using (var other = SafetensorsFile.Open(Golden))
            Assert.Throws<ArgumentException>(() => other.Bytes(info, 0, 4).Length);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Bytes(info, 0, 4).Length);
    }
}
