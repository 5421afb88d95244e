namespace Moesaic.Kernels.Tests;

public unsafe class EncodedLayoutTests
{
    public static TheoryData<WeightEncoding> Encodings => EncodedCase.Encodings;

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Unpack_gives_the_bytes_of_the_file_back(WeightEncoding encoding)
    {
        var block = encoding.BlockLength();
        foreach (var (rows, columns) in new[] { (0, 1), (1, 0), (1, 1), (15, 3), (16, 2), (33, 5), (100, 7) })
        {
            var layout = new EncodedLayout(encoding, rows, columns * block);
            var file = RandomBytes(layout.FileBytes, rows);
            var packed = new byte[layout.Bytes];
            layout.Pack(file, packed);
            var back = new byte[layout.FileBytes];
            layout.Unpack(packed, back);
            Assert.Equal(file, back);
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Rows_can_be_packed_a_few_at_a_time(WeightEncoding encoding)
    {
        var layout = new EncodedLayout(encoding, 70, 3 * encoding.BlockLength());
        var file = RandomBytes(layout.FileBytes, 7);
        var (whole, pieces) = (new byte[layout.Bytes], new byte[layout.Bytes]);
        layout.Pack(file, whole);
        foreach (var (first, end) in new[] { (32, 64), (0, 32), (64, 70) })
            PackRows(layout, first, file[(int)(first * layout.FileRowBytes)..(int)(end * layout.FileRowBytes)], pieces);
        Assert.Equal(whole, pieces);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Every_byte_is_written_whatever_lay_there(WeightEncoding encoding)
    {
        var layout = new EncodedLayout(encoding, 40, 5 * encoding.BlockLength());
        var file = RandomBytes(layout.FileBytes, 3);
        var (clean, dirty) = (new byte[layout.Bytes], RandomBytes(layout.Bytes, 4));
        layout.Pack(file, clean);
        layout.Pack(file, dirty);
        Assert.Equal(clean, dirty);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_panel_takes_two_per_cent_more_than_the_file_at_most(WeightEncoding encoding)
    {
        var layout = new EncodedLayout(encoding, 64, 1024);
        Assert.InRange(layout.Bytes, layout.FileBytes, layout.FileBytes * 102 / 100);
    }

    [Fact]
    public void What_is_no_whole_panel_or_no_product_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new EncodedLayout(WeightEncoding.IQ2_XXS, 16, 256));
        Assert.Throws<ArgumentException>(() => new EncodedLayout(WeightEncoding.Q4_0, 16, 33));
        var layout = new EncodedLayout(WeightEncoding.Q4_0, 64, 32);
        var packed = new byte[layout.Bytes];
        Assert.Throws<ArgumentException>(() => layout.Pack(new byte[layout.FileBytes - 1], packed));
        Assert.Throws<ArgumentException>(() => PackRows(layout, 8, new byte[16 * 18], packed));
        Assert.Throws<ArgumentException>(() => PackRows(layout, 0, new byte[8 * 18], packed));
        Assert.Throws<ArgumentException>(() => PackRows(layout, 64, new byte[16 * 18], packed));
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_row_decodes_to_the_values_of_the_file(WeightEncoding encoding)
    {
        const int Rows = 21;
        var layout = new EncodedLayout(encoding, Rows, 2 * encoding.BlockLength());
        var file = new byte[layout.FileBytes];
        BlockCodec.Encode(encoding, [.. Enumerable.Range(0, Rows * layout.Columns).Select(i => MathF.Sin(i * i))], layout.Columns, [], file);
        float[] decoded = new float[Rows * layout.Columns], row = new float[layout.Columns];
        BlockCodec.Decode(encoding, file, decoded);
        var packed = new byte[layout.Bytes];
        layout.Pack(file, packed);
        fixed (byte* address = packed)
        {
            var matrix = new EncodedMatrix(layout, address);
            for (var i = 0; i < Rows; i++)
            {
                matrix.DecodeRow(i, row);
                Assert.Equal(decoded[(i * row.Length)..((i + 1) * row.Length)], row);
            }
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.DecodeRow(Rows, row));
            Assert.Throws<ArgumentException>(() => matrix.DecodeRow(0, new float[1]));
        }
    }

    static void PackRows(EncodedLayout layout, int first, byte[] rows, byte[] packed)
    {
        fixed (byte* to = packed)
            layout.PackRows(first, rows, to);
    }

    static byte[] RandomBytes(long count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
