namespace Moesaic.Models.Gguf;

/// <summary>A tensor of a GGUF file and the parameters it holds.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Parameters">
/// One, or the same projection of all experts, one after another; see <see cref="ModelParameter.Name"/>.
/// </param>
/// <param name="Rows">Rows of a parameter.</param>
/// <param name="Columns">Length of a row.</param>
/// <param name="Role">What they are for.</param>
/// <param name="Kind">What it is, which says how it may be stored.</param>
/// <param name="HeadDim">Of rows stored as neighbouring rotary pairs, the width of a head; 0 for rows in our order.</param>
sealed record GgufTensor(
    string Name, IReadOnlyList<string> Parameters, int Rows, int Columns, ParameterRole Role, GgufTensorKind Kind, int HeadDim = 0)
{
    /// <summary>Dimensions in the file, outermost first.</summary>
    public long[] Shape => Kind switch
    {
        GgufTensorKind.Vector or GgufTensorKind.Row => [Columns],
        GgufTensorKind.Experts => [Parameters.Count, Rows, Columns],
        GgufTensorKind.ExpertVectors => [Parameters.Count, Columns],
        _ => [Rows, Columns],
    };

    /// <summary>Whether each parameter is a vector.</summary>
    public bool IsVector => Kind is GgufTensorKind.Vector or GgufTensorKind.ExpertVectors;

    /// <summary>The name where each expert has a tensor of its own, as older files have it.</summary>
    public string NameOfExpert(int expert) =>
        FormattableString.Invariant($"{Name.Replace("_exps.weight", "", StringComparison.Ordinal)}.{expert}.weight");

    /// <summary>The row of the parameter that is stored as the given row.</summary>
    public int OfStored(int row) => HeadDim == 0 ? row : RotaryRows.OfStored(row, HeadDim);

    /// <summary>Where a row of the parameter is stored.</summary>
    public int ToStored(int row) => HeadDim == 0 ? row : RotaryRows.ToStored(row, HeadDim);
}

/// <summary>What a tensor is.</summary>
enum GgufTensorKind
{
    /// <summary>A norm or bias; always float32.</summary>
    Vector,

    /// <summary>A matrix of one row, stored as a vector; always float32.</summary>
    Row,

    /// <summary>A router; float32 unless a file has it otherwise.</summary>
    Router,

    /// <summary>A projection or the embedding table.</summary>
    Matrix,

    /// <summary>A projection of all experts.</summary>
    Experts,

    /// <summary>A bias of all experts; always float32.</summary>
    ExpertVectors,
}
