using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>Stored weights to a model in memory, matrix by matrix; the pages of the file are given back as it goes.</summary>
static class StoredModel
{
    public static Model Read(StoredWeights weights, WeightStorage storage, List<string> notes, MatrixChange? change = null)
    {
        var widened = 0;
        var arena = storage == WeightStorage.Stored ? Arena(weights) : null;
        var model = new Model(weights.Spec, (name, role, rows, columns) =>
        {
            var matrix = Matrix(weights.Find(name), rows, columns);
            return change is null ? matrix : change(name, role, matrix);
        });
        try
        {
            foreach (var parameter in model.Parameters.Where(p => p.IsVector))
                weights.Read(weights.Find(parameter.Name), 0, parameter.Value.Span);
        }
        catch
        {
            model.Dispose();
            throw;
        }
        if (widened > 0) notes.Add($"{widened} matrices are kept as float32, because there is no product for the way they are stored");
        return model;

        WeightMatrix Matrix(StoredParameter parameter, int rows, int columns)
        {
            if (storage == WeightStorage.Stored && parameter.Encoding is { } encoding)
            {
                if (EncodedLayout.Supports(encoding)) return Encoded(weights, parameter, encoding, arena!);
                widened++;
            }
            return Dense(weights, parameter, rows, columns);
        }
    }

    static Tensor Dense(StoredWeights weights, StoredParameter parameter, int rows, int columns)
    {
        var tensor = new Tensor(rows, columns);
        try
        {
            weights.Read(parameter, 0, tensor.Span);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
        weights.Release(parameter);
        return tensor;
    }

    static WeightArena Arena(StoredWeights weights) => new(weights.Parameters
        .Where(p => p.Encoding is { } encoding && EncodedLayout.Supports(encoding))
        .Sum(p => WeightArena.Need(new EncodedLayout(p.Encoding!.Value, p.Rows, p.Columns))));

    static EncodedTensor Encoded(StoredWeights weights, StoredParameter parameter, WeightEncoding encoding, WeightArena arena)
    {
        var rowBytes = (int)encoding.RowBytes(parameter.Columns);
        byte[] piece = [];
        float[] values = [];
        var matrix = new EncodedTensor(encoding, parameter.Rows, parameter.Columns, (first, count) =>
        {
            // Where every number is stored by itself, looking at all costs little; a block with a bad scale shows in the logits.
            if (encoding.BlockLength() == 1)
            {
                if (values.Length == 0) values = GC.AllocateUninitializedArray<float>(count * parameter.Columns);
                weights.Read(parameter, first, values.AsSpan(0, count * parameter.Columns));
            }
            if (Together(weights, parameter, first, count, rowBytes) is { IsEmpty: false } rows) return rows;
            if (piece.Length == 0) piece = GC.AllocateUninitializedArray<byte>(count * rowBytes);
            for (var row = 0; row < count; row++)
                weights.Row(parameter, first + row).CopyTo(piece.AsSpan(row * rowBytes, rowBytes));
            return piece.AsSpan(0, count * rowBytes);
        }, arena);
        weights.Release(parameter);
        return matrix;
    }

    /// <summary>The rows as they lie in the map, where they follow one another in our order; else nothing.</summary>
    static ReadOnlySpan<byte> Together(StoredWeights weights, StoredParameter parameter, int first, int count, int rowBytes)
    {
        ref var start = ref MemoryMarshal.GetReference(weights.Row(parameter, first));
        for (var row = 1; row < count; row++)
            if (!Unsafe.AreSame(ref MemoryMarshal.GetReference(weights.Row(parameter, first + row)), ref Unsafe.Add(ref start, row * rowBytes)))
                return [];
        return MemoryMarshal.CreateReadOnlySpan(ref start, count * rowBytes);
    }
}
