using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>Some of the counted tokens of a text, evenly spread over it: the same ones whenever they are asked for.</summary>
sealed class TokenSample
{
    readonly List<(int Row, int Token)>[] ofPass;

    /// <param name="passes">The text.</param>
    /// <param name="limit">Most tokens; with fewer counted ones, all of them.</param>
    public TokenSample(IReadOnlyList<PassInput> passes, int limit)
    {
        var total = passes.Sum(p => (long)p.Counted.Span.Count(true));
        Rows = (int)Math.Min(limit, total);
        ofPass = [.. passes.Select(_ => new List<(int, int)>())];
        if (Rows == 0) return;
        long seen = 0, last = -1;
        for (var p = 0; p < passes.Count; p++)
            for (var t = 0; t < passes[p].Counted.Length; t++)
            {
                if (!passes[p].Counted.Span[t]) continue;
                // Token i of n goes to row ⌊i·rows/n⌋ when it is the first to do so.
                var row = seen++ * Rows / total;
                if (row == last) continue;
                ofPass[p].Add(((int)(last = row), t));
            }
    }

    /// <summary>Tokens taken.</summary>
    public int Rows { get; }

    /// <summary>The pass that each row is from.</summary>
    public int[] PassOfRow
    {
        get
        {
            var passes = new int[Rows];
            for (var p = 0; p < ofPass.Length; p++)
                foreach (var (row, _) in ofPass[p]) passes[row] = p;
            return passes;
        }
    }

    /// <summary>Copies the rows of a pass to their places.</summary>
    /// <param name="pass">Its number.</param>
    /// <param name="stream">[T, D].</param>
    /// <param name="sample">[<see cref="Rows"/>, D].</param>
    public void Take(int pass, Tensor stream, Tensor sample)
    {
        foreach (var (row, token) in ofPass[pass]) stream.Row(token).CopyTo(sample.Row(row));
    }
}
