namespace Moesaic.Inference;

/// <summary>
/// The bytes of a JSON string (RFC 8259, section 7) in well-formed UTF-8 (no overlong forms, no surrogates); an escaped
/// surrogate comes only as a pair.
/// </summary>
static class JsonStringBytes
{
    /// <summary>Before the opening quote.</summary>
    public const int Start = 0;

    /// <summary>Between characters.</summary>
    public const int Body = 1;

    /// <summary>Behind the closing quote.</summary>
    public const int Closed = 2;

    /// <summary>No string.</summary>
    public const int Dead = 31;

    /// <summary>A power of two above all states.</summary>
    public const int States = 32;

    const int Escape = 3, Unit = 4, UnitD = 5, Hex3 = 6, Hex2 = 7, Hex1 = 8, High2 = 9, High1 = 10, Pair = 11, PairEscape = 12,
        Low = 13, LowD = 14, More1 = 15, More2 = 16, More3 = 17, AfterE0 = 18, AfterED = 19, AfterF0 = 20, AfterF4 = 21;

    static readonly byte[] Table = Build();

    public static int Next(int state, byte value) => Table[(state << 8) + value];

    static byte[] Build()
    {
        var table = new byte[States << 8];
        table.AsSpan().Fill(Dead);
        for (var state = 0; state < States; state++)
            for (var value = 0; value < 256; value++) table[(state << 8) + value] = (byte)Follow(state, (byte)value);
        return table;
    }

    static int Follow(int state, byte b)
    {
        var hex = char.IsAsciiHexDigit((char)b);
        var isD = b is (byte)'d' or (byte)'D';
        var continues = b is >= 0x80 and <= 0xBF;
        return state switch
        {
            Start => b == '"' ? Body : Dead,
            Body => OfBody(b),
            Escape => b switch
            {
                (byte)'u' => Unit,
                (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' => Body,
                _ => Dead,
            },
            // \uD800 to \uDBFF has to be followed by \uDC00 to \uDFFF.
            Unit => !hex ? Dead : isD ? UnitD : Hex3,
            UnitD => !hex ? Dead : b is >= (byte)'0' and <= (byte)'7' ? Hex2 : b is (byte)'8' or (byte)'9' || (b & 0xDF) is 'A' or 'B' ? High2 : Dead,
            Hex3 => hex ? Hex2 : Dead,
            Hex2 => hex ? Hex1 : Dead,
            Hex1 => hex ? Body : Dead,
            High2 => hex ? High1 : Dead,
            High1 => hex ? Pair : Dead,
            Pair => b == '\\' ? PairEscape : Dead,
            PairEscape => b == 'u' ? Low : Dead,
            Low => isD ? LowD : Dead,
            LowD => hex && (b & 0xDF) is >= 'C' and <= 'F' && b > '9' ? Hex2 : Dead,
            More1 => continues ? Body : Dead,
            More2 => continues ? More1 : Dead,
            More3 => continues ? More2 : Dead,
            AfterE0 => b is >= 0xA0 and <= 0xBF ? More1 : Dead,
            AfterED => b is >= 0x80 and <= 0x9F ? More1 : Dead,
            AfterF0 => b is >= 0x90 and <= 0xBF ? More2 : Dead,
            AfterF4 => b is >= 0x80 and <= 0x8F ? More2 : Dead,
            _ => Dead,
        };
    }

    static int OfBody(byte b) => b switch
    {
        (byte)'"' => Closed,
        (byte)'\\' => Escape,
        < 0x20 => Dead,
        < 0x80 => Body,
        < 0xC2 => Dead,
        < 0xE0 => More1,
        0xE0 => AfterE0,
        0xED => AfterED,
        < 0xF0 => More2,
        0xF0 => AfterF0,
        < 0xF4 => More3,
        0xF4 => AfterF4,
        _ => Dead,
    };
}
