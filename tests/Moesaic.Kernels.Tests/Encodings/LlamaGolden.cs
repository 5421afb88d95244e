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

    public byte[] Encoded => Section(0, Size("encoded"));

    public byte[] Weighted => Section(Size("encoded"), Size("weighted"));

    public byte[] Blocks => Section(Size("encoded") + Size("weighted"), Size("blocks"));

    public float[] Decoded
    {
        get
        {
            int at = Size("encoded") + Size("weighted") + Size("blocks");
            return MemoryMarshal.Cast<byte, float>(Section(at, _content.Length - _start - at)).ToArray();
        }
    }

    public static LlamaGolden Of(WeightEncoding encoding) => new(encoding.Name());

    /// <summary>The rows that were encoded.</summary>
    public static Input ReadRows()
    {
        var file = new LlamaGolden("rows");
        float[] values = MemoryMarshal.Cast<byte, float>(file.Section(0, file._content.Length - file._start)).ToArray();
        int columns = file.Header.GetProperty("columns").GetInt32();
        string[] kinds = [.. file.Header.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()!)];
        return new(columns, kinds, values[..columns], values[columns..]);
    }

    int Size(string section) => Header.GetProperty(section).GetInt32();

    byte[] Section(int at, int length) => _content[(_start + at)..(_start + at + length)];

    public sealed record Input(int Columns, string[] Kinds, float[] Importance, float[] Values)
    {
        public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);
    }
}
