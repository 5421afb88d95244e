using System.Numerics.Tensors;

namespace Moesaic.LlamaCpp;

/// <summary>How well two programs agree on the logits of the same tokens, teacher-forced.</summary>
/// <param name="RelativeError">‖a − b‖ / ‖b‖ over all positions.</param>
/// <param name="LargestError">The largest difference of two logits.</param>
/// <param name="ClearPositions">Positions whose best logit leads by more than ten times the largest error.</param>
/// <param name="OtherChoices">Those of them where the other program's best token is another one.</param>
public sealed record LogitAgreement(double RelativeError, double LargestError, int ClearPositions, int OtherChoices)
{
    /// <summary>Compares.</summary>
    /// <param name="ours">[T, V].</param>
    /// <param name="theirs">[T, V].</param>
    /// <param name="vocabulary">V.</param>
    public static LogitAgreement Of(ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs, int vocabulary)
    {
        double difference = 0, size = 0, largest = 0;
        for (var i = 0; i < ours.Length; i++)
        {
            var d = Math.Abs((double)ours[i] - theirs[i]);
            (difference, size, largest) = (difference + d * d, size + (double)theirs[i] * theirs[i], Math.Max(largest, d));
        }

        var (clear, other) = (0, 0);
        for (var at = 0; at < ours.Length; at += vocabulary)
        {
            var row = theirs.Slice(at, vocabulary);
            var best = TensorPrimitives.IndexOfMax(row);
            var second = Math.Max(Max(row[..best]), Max(row[(best + 1)..]));
            if (row[best] - second <= 10 * largest) continue;
            clear++;
            if (TensorPrimitives.IndexOfMax(ours.Slice(at, vocabulary)) != best) other++;
        }
        return new(Math.Sqrt(difference / size), largest, clear, other);
    }

    static float Max(ReadOnlySpan<float> values) => values.IsEmpty ? float.NegativeInfinity : TensorPrimitives.Max(values);
}
