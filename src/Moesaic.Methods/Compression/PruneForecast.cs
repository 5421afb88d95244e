using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>What a pruned model will weigh and how fast it can be, by its shape: told before anything is measured.</summary>
/// <param name="before">The model.</param>
/// <param name="after">What is left of it.</param>
/// <param name="bytesBefore">Of the stored weights.</param>
sealed class PruneForecast(ModelSpec before, ModelSpec after, long bytesBefore)
{
    static readonly Lazy<double> Bandwidth = new(() => MachineSpeed.ReadBytes(256L << 20));

    readonly ParameterCounts had = ParameterCounts.Of(before), has = ParameterCounts.Of(after);

    double BytesPerParameter => bytesBefore / (double)had.Total;

    /// <summary>Bytes that will be written.</summary>
    public long Bytes => (long)(BytesPerParameter * has.Total);

    /// <summary>For people.</summary>
    public IEnumerable<string> Notes()
    {
        yield return string.Create(CultureInfo.InvariantCulture,
            $"parameters: {had.Total:N0} become {has.Total:N0} ({100.0 * has.Total / had.Total:F1} %), of which a token uses {has.Active:N0} (before {had.Active:N0})");
        yield return string.Create(CultureInfo.InvariantCulture, $"weights: {bytesBefore / 1e6:F1} MB become {Bytes / 1e6:F1} MB on disk, and so in memory when run as stored");
        double was = Read(before, had), now = Read(after, has);
        var speed = string.Create(CultureInfo.InvariantCulture, $"decoding reads {now / 1e6:F1} MB of weights per token (before {was / 1e6:F1}): at most {Bandwidth.Value / now:F0} tokens/s on this machine");
        yield return now > 0.98 * was ? speed + ", hardly more than before: as many experts per token as before take part" : speed;
    }

    // The embedding is a table of which a token reads a row; with tied embeddings it is the head as well.
    double Read(ModelSpec spec, ParameterCounts counts) =>
        BytesPerParameter * (counts.Active - (spec.TiedEmbeddings ? 0 : (long)spec.VocabularySize * spec.Width));
}
