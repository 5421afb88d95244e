using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>
/// Expert matrices [512, 1024] of one encoding, more than the caches hold, with random levels: the gate and up products of
/// mixture layers.
/// </summary>
sealed unsafe class EncodedExperts : IDisposable
{
    public const int Outputs = 512, Inputs = 1024, Experts = 32, Chosen = 4;

    const int MostRows = 512;
    const long LeastBytes = 384L << 20;

    readonly byte* _weights;
    readonly int _matrices;
    readonly NativeFloats _x = new(MostRows * Chosen * Inputs, 1);
    readonly NativeFloats _y = new(2L * MostRows * Chosen * Outputs, 2);
    readonly EncodedProblem[] _problems = new EncodedProblem[2 * Experts];
    int _next;

    public EncodedExperts(WeightEncoding encoding)
    {
        Layout = new(encoding, Outputs, Inputs);
        _matrices = (int)(LeastBytes / Layout.Bytes) / Experts * Experts;
        _weights = (byte*)NativeMemory.AlignedAlloc((nuint)(_matrices * Layout.Bytes), 64);
        var matrix = Pack(encoding);
        for (var i = 0; i < _matrices; i++)
            matrix.CopyTo(new Span<byte>(_weights + i * Layout.Bytes, matrix.Length));
    }

    public EncodedLayout Layout { get; }

    /// <summary>One token: gate and up of its experts, each from memory.</summary>
    public void Decode()
    {
        for (var i = 0; i < 2 * Chosen; i++)
            Set(i, _x.Address, 1, _y.Address + i * Outputs);
        EncodedMatMul.Run(_problems.AsSpan(0, 2 * Chosen));
    }

    /// <summary>512 tokens through gate and up of their experts, spread evenly over all.</summary>
    public void Prefill()
    {
        const int Rows = MostRows / Experts * Chosen;
        for (var i = 0; i < 2 * Experts; i++)
            Set(i, _x.Address + i / 2 * Rows * Inputs, Rows, _y.Address + i * Rows * Outputs);
        EncodedMatMul.Run(_problems);
    }

    /// <summary>512 rows through one matrix.</summary>
    public void Dense()
    {
        Set(0, _x.Address, MostRows, _y.Address);
        EncodedMatMul.Run(_problems[0]);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_weights);
        _x.Dispose();
        _y.Dispose();
    }

    /// <summary>The next matrix in memory.</summary>
    void Set(int i, float* x, int rows, float* y)
    {
        _problems[i] = new()
        {
            Weights = new(Layout, _weights + _next * Layout.Bytes), X = x, M = rows, LdX = Inputs, Y = y, LdY = Outputs,
        };
        _next = (_next + 1) % _matrices;
    }

    byte[] Pack(WeightEncoding encoding)
    {
        var file = new byte[Layout.FileBytes];
        var packed = new byte[Layout.Bytes];
        var random = new Random(1);
        var values = new float[Outputs * Inputs];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() - 0.5f;
        BlockCodec.Encode(encoding, values, Inputs, [], file);
        Layout.Pack(file, packed);
        return packed;
    }
}
