using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Models.Loading;

/// <summary>A parameter as it is stored.</summary>
/// <param name="Name">See <see cref="ModelParameter.Name"/>.</param>
/// <param name="Rows">A vector is one row.</param>
/// <param name="Columns">Length of a row.</param>
/// <param name="Encoding">
/// How a row is stored; null for 64-bit numbers and for rows that lie in columns, which can only be read as float32.
/// </param>
public sealed record StoredParameter(string Name, int Rows, int Columns, WeightEncoding? Encoding)
{
    /// <summary>What it is for.</summary>
    public required ParameterRole Role { get; init; }

    /// <summary>Whether it is a vector, not a matrix of one row.</summary>
    public required bool IsVector { get; init; }

    /// <summary>Bytes it takes as it is stored.</summary>
    public long Bytes { get; init; } = Rows * (Encoding?.RowBytes(Columns) ?? sizeof(double) * (long)Columns);
}

/// <summary>
/// The weights of a model on disk by parameter, row by row in our order, whatever the layout: a Hugging Face folder or a
/// GGUF file. Opening checks that every parameter is there in the right shape and nothing is left over; no weights are read
/// until asked for.
/// </summary>
public abstract class StoredWeights : IDisposable
{
    /// <summary>The folder or file.</summary>
    public abstract string Path { get; }

    /// <summary>The shape.</summary>
    public abstract ModelSpec Spec { get; }

    /// <summary>Name of the layout: "llama in GGUF", "mixtral".</summary>
    public abstract string Layout { get; }

    /// <summary>The plain number type that comes closest to what is stored.</summary>
    public abstract TensorType PlainType { get; }

    /// <summary>Bytes of all stored weights.</summary>
    public abstract long Bytes { get; }

    /// <summary>What was skipped and why.</summary>
    public abstract IReadOnlyList<string> Notes { get; }

    /// <summary>All parameters, in the order of the layers.</summary>
    public abstract IReadOnlyList<StoredParameter> Parameters { get; }

    /// <summary>Whether some are stored in blocks of fewer bits.</summary>
    public bool AreEncoded => Parameters.Any(p => p.Encoding is { } encoding && encoding.BlockLength() > 1);

    /// <summary>Opens a model.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    /// <exception cref="BadModelException">It is damaged, its architecture unknown, or weights are missing, left over or misshapen.</exception>
    public static StoredWeights Open(string path) => GgufFile.Is(path) ? GgufWeights.Open(path)
        : AdapterFolder.Is(path) ? new AdaptedWeights(path) : HfWeights.Open(path);

    /// <summary>The parameter of that name.</summary>
    public abstract StoredParameter Find(string name);

    /// <summary>Reads consecutive rows as float32.</summary>
    /// <param name="parameter">One of <see cref="Parameters"/>.</param>
    /// <param name="firstRow">The first.</param>
    /// <param name="values">[rows wanted, columns].</param>
    /// <exception cref="BadModelException">A value is NaN or infinite.</exception>
    public abstract void Read(StoredParameter parameter, int firstRow, Span<float> values);

    /// <summary>A row of a matrix as it is stored, from the map or laid out anew: valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> Row(StoredParameter parameter, int row);

    /// <summary>Tells the system that the parameter's part of the mapped file is not needed for now: its pages leave the process.</summary>
    public abstract void Release(StoredParameter parameter);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected abstract void Dispose(bool disposing);
}
