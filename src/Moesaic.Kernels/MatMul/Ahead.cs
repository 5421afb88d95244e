using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// Where lines of memory lie that will be needed soon. The register tile asks for one with each k: asked for all at once they would
/// fill the queue of the processor's misses and hold up the tile's own loads.
/// </summary>
/// <param name="first">The first line.</param>
/// <param name="step">Floats to the next.</param>
/// <param name="period">After so many lines there is a jump.</param>
/// <param name="jump">Floats of the jump, beside the step.</param>
readonly unsafe struct Ahead(float* first, nint step, int period, nint jump)
{
    public readonly float* First = first;
    public readonly nint Step = step, Jump = jump;
    public readonly int Period = period;

    public const int FloatsPerLine = 16;

    /// <summary>Some rows, a few columns further with each round over them; lines are asked for more than once.</summary>
    public static Ahead Rows(float* first, nint ld, int rows) => new(first, ld, rows, rows - rows * ld);

    /// <summary>One line of every row.</summary>
    public static Ahead Column(float* first, nint ld) => new(first, ld, int.MaxValue, 0);

    /// <summary>So many lines of each row, row after row.</summary>
    public static Ahead Lines(float* first, nint ld, int lines) => new(first, FloatsPerLine, lines, ld - lines * FloatsPerLine);
}

/// <summary>Whether to ask, and for which cache.</summary>
unsafe interface IPrefetch
{
    static abstract bool Asks { get; }

    static abstract void Fetch(float* address);
}

/// <summary>Nothing is asked for.</summary>
readonly unsafe struct Unasked : IPrefetch
{
    public static bool Asks => false;

    public static void Fetch(float* address)
    {
    }
}

/// <summary>Into the nearest cache.</summary>
readonly unsafe struct ToFirstCache : IPrefetch
{
    public static bool Asks => Sse.IsSupported;

    public static void Fetch(float* address) => Sse.Prefetch0(address);
}

/// <summary>Into the second cache.</summary>
readonly unsafe struct ToSecondCache : IPrefetch
{
    public static bool Asks => Sse.IsSupported;

    public static void Fetch(float* address) => Sse.Prefetch1(address);
}
