using System.Buffers.Binary;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Reads the protocol buffers wire format field by field. A SentencePiece model needs a dozen fields of three messages,
/// which is less than a generated parser and its run time would cost to carry.
/// </summary>
ref struct ProtoReader(ReadOnlySpan<byte> data, string file)
{
    readonly ReadOnlySpan<byte> data = data;
    int position;
    int wireType;

    /// <summary>The number of the field the reader stands on.</summary>
    public int Field { get; private set; }

    /// <summary>Goes on to the next field; its value must then be read or skipped. False at the end.</summary>
    public bool Next()
    {
        if (position == data.Length) return false;
        var key = Varint();
        (Field, wireType) = ((int)(key >> 3), (int)(key & 7));
        return key >> 3 is > 0 and <= int.MaxValue ? true : throw Fault("a field number out of range");
    }

    public ReadOnlySpan<byte> Bytes()
    {
        Expect(2);
        return Take(Varint());
    }

    public string Text()
    {
        var bytes = Bytes();
        return System.Text.Unicode.Utf8.IsValid(bytes)
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : throw Fault($"text in field {Field} that is not UTF-8");
    }

    public ProtoReader Message() => new(Bytes(), file);

    public float Single()
    {
        Expect(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    public int Number()
    {
        Expect(0);
        return (int)Varint();
    }

    public bool Flag() => Number() != 0;

    public void Skip()
    {
        switch (wireType)
        {
            case 0: Varint(); break;
            case 1: Take(8); break;
            case 2: Take(Varint()); break;
            case 5: Take(4); break;
            default: throw Fault($"the wire type {wireType}");
        }
    }

    public readonly BadModelException Fault(string what) =>
        new($"{file} is no SentencePiece model, or a damaged one: it has {what} at byte {position} of a message.");

    readonly void Expect(int expected)
    {
        if (wireType != expected) throw Fault($"the wire type {wireType} where field {Field} has {expected}");
    }

    ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(data.Length - position)) throw Fault("an end in the middle of a field");
        var taken = data.Slice(position, (int)length);
        position += (int)length;
        return taken;
    }

    ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (position == data.Length) throw Fault("an end in the middle of a number");
            var part = data[position++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
        throw Fault("a number of more than 64 bits");
    }
}
