using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Models.Loading;

/// <summary>Where a parameter lies in the tensors of a Hugging Face folder.</summary>
abstract record HfPlace
{
    /// <summary>How its rows are stored; null when they can only be read as float32.</summary>
    public abstract WeightEncoding? Encoding { get; }

    /// <summary>Bytes that so many elements take.</summary>
    public abstract long Bytes(long elements);

    /// <summary>Reads consecutive rows of the parameter.</summary>
    public abstract void Read(TensorStore store, int firstRow, int columns, Span<float> values);

    /// <summary>A row as it is stored, until the next call; there must be an <see cref="Encoding"/>.</summary>
    public abstract ReadOnlySpan<byte> Row(TensorStore store, int row, int columns);

    /// <summary>The tensor's pages are not needed for now.</summary>
    public abstract void Release(TensorStore store);
}

/// <summary>Numbers each by itself.</summary>
/// <param name="Tensor">Its name in the files.</param>
/// <param name="Type">Of its numbers.</param>
/// <param name="First">Element of the tensor at which the parameter begins.</param>
/// <param name="Stride">0 when its rows follow one another; else they are columns, and this is the distance of their elements.</param>
/// <param name="RowStep">With a stride: distance of a row from the next.</param>
sealed record PlainPlace(string Tensor, TensorType Type, long First = 0, int Stride = 0, int RowStep = 1) : HfPlace
{
    // Rows that lie in columns cannot be handed out as they are stored.
    public override WeightEncoding? Encoding => Stride != 0 ? null : Type switch
    {
        TensorType.F32 => WeightEncoding.F32,
        TensorType.F16 => WeightEncoding.F16,
        TensorType.BF16 => WeightEncoding.BF16,
        _ => null,
    };

    public override long Bytes(long elements) => elements * Type.ByteSize();

    public override void Read(TensorStore store, int firstRow, int columns, Span<float> values)
    {
        if (Stride == 0)
        {
            store.Read(Tensor, First + ((long)firstRow * columns), values);
            return;
        }
        var rows = values.Length / columns;
        var slice = new float[((rows - 1) * RowStep) + 1];
        for (var c = 0; c < columns; c++)
        {
            store.Read(Tensor, First + ((long)c * Stride) + ((long)firstRow * RowStep), slice);
            for (var r = 0; r < rows; r++) values[(r * columns) + c] = slice[r * RowStep];
        }
    }

    public override ReadOnlySpan<byte> Row(TensorStore store, int row, int columns)
    {
        var length = checked((int)Encoding!.Value.RowBytes(columns));
        return store.Bytes(Tensor, ((First / columns) + row) * length, length);
    }

    public override void Release(TensorStore store) => store.Release(Tensor);
}

/// <summary>
/// MXFP4 in two tensors: *_blocks [.., rows, columns/32, 16], two numbers a byte, the earlier one in the low half, and *_scales
/// [.., rows, columns/32]. A row is handed out as blocks of <see cref="WeightEncoding.MXFP4"/>: the scale, then the numbers with
/// those of the block's second half in the high halves.
/// </summary>
/// <param name="Name">What the two names begin with.</param>
/// <param name="FirstRow">Row of the tensors at which the parameter begins.</param>
/// <param name="RowStep">Distance of a row from the next.</param>
sealed record MicroscalingPlace(string Name, long FirstRow, int RowStep) : HfPlace
{
    public const int BlockLength = 32, PackedBytes = 16;
    const byte NotANumber = 255;

    byte[] row = [];

    public override WeightEncoding? Encoding => WeightEncoding.MXFP4;

    public string Blocks => $"{Name}_blocks";

    public string Scales => $"{Name}_scales";

    public override long Bytes(long elements) => elements / BlockLength * (PackedBytes + 1);

    public override void Read(TensorStore store, int firstRow, int columns, Span<float> values)
    {
        for (var r = 0; r < values.Length / columns; r++)
            BlockCodec.Decode(WeightEncoding.MXFP4, Row(store, firstRow + r, columns), values.Slice(r * columns, columns));
    }

    public override ReadOnlySpan<byte> Row(TensorStore store, int row, int columns)
    {
        var count = columns / BlockLength;
        var at = (FirstRow + ((long)row * RowStep)) * count;
        var packed = store.Bytes(Blocks, at * PackedBytes, count * PackedBytes);
        var scales = store.Bytes(Scales, at, count);
        if (this.row.Length != count * (PackedBytes + 1)) this.row = new byte[count * (PackedBytes + 1)];
        for (var b = 0; b < count; b++)
        {
            if (scales[b] == NotANumber)
                throw new BadModelException($"{store.Path}: tensor {Scales} holds the scale 255, which is no number; the file is damaged.");
            var block = this.row.AsSpan(b * (PackedBytes + 1), PackedBytes + 1);
            var from = packed.Slice(b * PackedBytes, PackedBytes);
            block[0] = scales[b];
            for (var i = 0; i < PackedBytes; i++)
            {
                var shift = 4 * (i % 2);
                block[1 + i] = (byte)(((from[i / 2] >> shift) & 15) | (((from[(i + PackedBytes) / 2] >> shift) & 15) << 4));
            }
        }
        return this.row;
    }

    public override void Release(TensorStore store)
    {
        store.Release(Blocks);
        store.Release(Scales);
    }
}
