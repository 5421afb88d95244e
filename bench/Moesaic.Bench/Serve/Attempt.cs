namespace Moesaic.Bench.Serve;

/// <summary>One request of the load and what came of it.</summary>
sealed class Attempt(RequestKind kind)
{
    public RequestKind Kind => kind;

    /// <summary>The status; 0 when the connection ended without one.</summary>
    public int Status { get; set; }

    /// <summary>Seconds from the moment it was due, to the first token or byte of the answer and to its end; NaN without.</summary>
    public double First { get; set; } = double.NaN;

    public double Total { get; set; } = double.NaN;

    /// <summary>Tokens that were generated for it.</summary>
    public int Tokens { get; set; }

    /// <summary>What must not happen and did.</summary>
    public string? Fault { get; set; }
}
