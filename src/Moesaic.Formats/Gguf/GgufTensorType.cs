using System.Globalization;

namespace Moesaic.Formats;

/// <summary>The geometry of a tensor type: so many elements of a row are one block of so many bytes.</summary>
/// <param name="Id">The number in the file (ggml_type).</param>
/// <param name="Name">The name ggml gives it.</param>
/// <param name="BlockLength">Elements of a block; 1 for plain numbers.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
public sealed record GgufTensorType(int Id, string Name, int BlockLength, int BlockBytes)
{
    // Numbers missing here were withdrawn (4, 5, 31 to 33, 36 to 38).
    static readonly Dictionary<int, GgufTensorType> Known = new GgufTensorType[]
    {
        new(0, "F32", 1, 4), new(1, "F16", 1, 2), new(30, "BF16", 1, 2), new(28, "F64", 1, 8),
        new(24, "I8", 1, 1), new(25, "I16", 1, 2), new(26, "I32", 1, 4), new(27, "I64", 1, 8),
        new(2, "Q4_0", 32, 18), new(3, "Q4_1", 32, 20), new(6, "Q5_0", 32, 22), new(7, "Q5_1", 32, 24),
        new(8, "Q8_0", 32, 34), new(9, "Q8_1", 32, 36), new(20, "IQ4_NL", 32, 18), new(39, "MXFP4", 32, 17),
        new(40, "NVFP4", 64, 36),
        new(10, "Q2_K", 256, 84), new(11, "Q3_K", 256, 110), new(12, "Q4_K", 256, 144), new(13, "Q5_K", 256, 176),
        new(14, "Q6_K", 256, 210), new(15, "Q8_K", 256, 292),
        new(16, "IQ2_XXS", 256, 66), new(17, "IQ2_XS", 256, 74), new(22, "IQ2_S", 256, 82), new(18, "IQ3_XXS", 256, 98),
        new(21, "IQ3_S", 256, 110), new(19, "IQ1_S", 256, 50), new(29, "IQ1_M", 256, 56), new(23, "IQ4_XS", 256, 136),
        new(34, "TQ1_0", 256, 54), new(35, "TQ2_0", 256, 66),
    }.ToDictionary(t => t.Id);

    /// <summary>All types whose geometry is known, whether or not they can be computed with.</summary>
    public static IReadOnlyCollection<GgufTensorType> All => Known.Values;

    /// <summary>The type with this number.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static GgufTensorType Of(int id) =>
        Find(id) ?? throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"there is no tensor type {id}"), nameof(id));

    internal static GgufTensorType? Find(int id) => Known.GetValueOrDefault(id);

    /// <summary>Bytes of a row.</summary>
    /// <param name="columns">Elements of the row; a multiple of <see cref="BlockLength"/>.</param>
    public long RowBytes(long columns) => columns % BlockLength == 0
        ? checked(columns / BlockLength * BlockBytes)
        : throw new ArgumentException($"{columns} elements are no multiple of the {BlockLength} of a block of {Name}", nameof(columns));
}
