using System.Runtime.InteropServices;
using System.Text.Json;

namespace Moesaic.Kernels.Tests;

/// <summary>What llama.cpp makes of some rows and blocks (Golden/make_encodings.py).</summary>
sealed class LlamaGolden
{
    readonly byte[] _content;
    readonly int _start;

    LlamaGolden(string name)
    {
        _content = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "Encodings", name + ".bin"));
        _start = Array.IndexOf(_content, (byte)'\n') + 1;
        Header = JsonDocument.Parse(_content.AsMemory(0, _start)).RootElement;
    }

    public JsonElement Header { get; }

    public ReadOnlySpan<byte> Encoded => Section(0, Size("encoded"));

    public ReadOnlySpan<byte> Weighted => Section(Size("encoded"), Size("weighted"));

    public ReadOnlySpan<byte> Blocks => Section(Size("encoded") + Size("weighted"), Size("blocks"));

    public ReadOnlySpan<float> Decoded => MemoryMarshal.Cast<byte, float>(
        Rest(Size("encoded") + Size("weighted") + Size("blocks")));

    public static LlamaGolden Of(WeightEncoding encoding) => new(encoding.Name());

    /// <summary>The rows that were encoded.</summary>
    public static Input ReadRows()
    {
        var file = new LlamaGolden("rows");
        float[] values = MemoryMarshal.Cast<byte, float>(file.Rest(0)).ToArray();
        int columns = file.Header.GetProperty("columns").GetInt32();
        string[] kinds = [.. file.Header.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()!)];
        return new(columns, kinds, values[..columns], values[columns..]);
    }

    int Size(string section) => Header.GetProperty(section).GetInt32();

    ReadOnlySpan<byte> Section(int at, int length) => Rest(at)[..length];

    ReadOnlySpan<byte> Rest(int at) => _content.AsSpan(_start + at);

    public sealed record Input(int Columns, string[] Kinds, float[] Importance, float[] Values)
    {
        public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);
    }
}
