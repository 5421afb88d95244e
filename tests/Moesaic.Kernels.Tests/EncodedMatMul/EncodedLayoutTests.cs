namespace Moesaic.Kernels.Tests;

public class EncodedLayoutTests
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
            layout.PackRows(first, file.AsSpan((int)(first * layout.FileRowBytes)..(int)(end * layout.FileRowBytes)), pieces);
        Assert.Equal(whole, pieces);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_panel_takes_no_more_than_the_file_but_for_alignment(WeightEncoding encoding)
    {
        var layout = new EncodedLayout(encoding, 64, 1024);
        Assert.InRange(layout.Bytes, layout.FileBytes, layout.FileBytes + 64 * 4);
    }

    [Fact]
    public void What_is_no_whole_panel_or_no_product_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new EncodedLayout(WeightEncoding.IQ2_XXS, 16, 256));
        Assert.Throws<ArgumentException>(() => new EncodedLayout(WeightEncoding.Q4_0, 16, 33));
        var layout = new EncodedLayout(WeightEncoding.Q4_0, 64, 32);
        var packed = new byte[layout.Bytes];
        Assert.Throws<ArgumentException>(() => layout.Pack(new byte[layout.FileBytes - 1], packed));
        Assert.Throws<ArgumentException>(() => layout.PackRows(8, new byte[16 * 18], packed));
        Assert.Throws<ArgumentException>(() => layout.PackRows(0, new byte[8 * 18], packed));
        Assert.Throws<ArgumentException>(() => layout.PackRows(64, new byte[16 * 18], packed));
    }

    static byte[] RandomBytes(long count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
