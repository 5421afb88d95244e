using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Methods.Progress;
using Moesaic.Models;

namespace Moesaic.Methods.Calibration;

/// <summary>All that statistics depend on.</summary>
public sealed record CalibrationSource
{
    /// <summary>SHA-256 of the model's shape and weights.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the tokens that were run, of how they were cut and of which count.</summary>
    public required string Data { get; init; }

    /// <summary>Version of the tool.</summary>
    public required string Tool { get; init; }

    /// <summary>How it was calibrated.</summary>
    public required CalibrationOptions Options { get; init; }

    /// <summary>SHA-256 of the above.</summary>
    [JsonIgnore]
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Model, Data, Tool,
        // Neither where streams wait nor how many blocks go at once changes what they are.
        JsonSerializer.Serialize(Options with { HiddenStates = StreamPlace.Memory, RowsPerPass = 8 }, CalibrationJson.Default.CalibrationOptions)))));

    /// <summary>The fingerprint of a model: config.json and weights, without cards and reports.</summary>
    /// <param name="path">A folder or a GGUF file.</param>
    /// <param name="progress">Is told the bytes read.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    internal static string OfModel(string path, IProgressReporter progress, CancellationToken cancellation) =>
        Moesaic.Methods.Steps.Fingerprint.Of("weights", path, progress, cancellation,
            name => name == "config.json" || name.EndsWith(".safetensors", StringComparison.Ordinal) || File.Exists(path));

    /// <summary>The fingerprint of a text as it is run: its segments one by one, whatever the passes.</summary>
    /// <param name="passes">The passes.</param>
    internal static string OfData(IEnumerable<PassInput> passes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pass in passes)
            foreach (var segment in pass.Segments.Span)
            {
                var range = segment.QueryStart..(segment.QueryStart + segment.QueryCount);
                hash.AppendData(BitConverter.GetBytes(segment.QueryCount));
                hash.AppendData(MemoryMarshal.AsBytes(pass.Tokens.Span[range]));
                hash.AppendData(MemoryMarshal.AsBytes(pass.Counted.Span[range]));
                if (!pass.Tasks.IsEmpty) hash.AppendData(MemoryMarshal.AsBytes(pass.Tasks.Span[range]));
            }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
