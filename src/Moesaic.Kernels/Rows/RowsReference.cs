using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="Rows"/> as plain loops.</summary>
static class RowsReference
{
    internal static void Gather<T>(ReadOnlySpan<T> source, ReadOnlySpan<int> index, int width, Span<T> destination)
    {
        for (int r = 0; r < index.Length; r++)
            source.Slice(index[r] * width, width).CopyTo(destination.Slice(r * width, width));
    }

    internal static void ScatterAdd<T>(ReadOnlySpan<T> source, ReadOnlySpan<int> index, int width, Span<T> destination)
        where T : IFloatingPointIeee754<T>
    {
        for (int r = 0; r < index.Length; r++)
        {
            for (int i = 0; i < width; i++) destination[index[r] * width + i] += source[r * width + i];
        }
    }

    internal static void Combine<T>(
        ReadOnlySpan<T> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<T> weights, int chosen, int width, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot] < 0) continue;
            int from = slots[slot] * width, to = slot / chosen * width;
            for (int i = 0; i < width; i++) y[to + i] += weights[slot] * outputs[from + i];
        }
    }

    internal static void CombineBackward<T>(
        ReadOnlySpan<T> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<T> weights, int chosen, int width,
        ReadOnlySpan<T> dy, Span<T> dOutputs, Span<T> dWeights)
        where T : IFloatingPointIeee754<T>
    {
        for (int slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot] < 0) continue;
            int from = slots[slot] * width, to = slot / chosen * width;
            T dot = T.Zero;
            for (int i = 0; i < width; i++)
            {
                if (!dOutputs.IsEmpty) dOutputs[from + i] += weights[slot] * dy[to + i];
                dot += outputs[from + i] * dy[to + i];
            }

            if (!dWeights.IsEmpty) dWeights[slot] += dot;
        }
    }
}
