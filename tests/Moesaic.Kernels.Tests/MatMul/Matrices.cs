namespace Moesaic.Kernels.Tests;

/// <summary>Operands of one product with their oracle.</summary>
sealed unsafe class Matrices
{
    public Matrices(MatMulForm form, int m, int n, int k, int seed = 1, int gap = 0)
    {
        var random = new Random(seed);
        (Form, M, N, K) = (form, m, n, k);
        (LdA, LdB, LdC) = ((form == MatMulForm.AtB ? m : k) + gap, (form == MatMulForm.ABt ? k : n) + gap, n + gap);
        A = Fill(random, (form == MatMulForm.AtB ? k : m) * LdA);
        B = Fill(random, (form == MatMulForm.ABt ? n : k) * LdB);
        C = Fill(random, m * LdC);
    }

    public MatMulForm Form { get; }

    public int M { get; }

    public int N { get; }

    public int K { get; }

    public int LdA { get; }

    public int LdB { get; }

    public int LdC { get; }

    public float[] A { get; }

    public float[] B { get; }

    public float[] C { get; }

    public MatMulProblem Problem(float* a, float* b, float* c, bool accumulate) => new()
    {
        A = a, B = b, C = c, M = M, N = N, K = K, LdA = LdA, LdB = LdB, LdC = LdC, Accumulate = accumulate,
    };

    /// <summary>C after the product under test, from a copy of the old C.</summary>
    public float[] Run(bool accumulate)
    {
        var c = (float[])C.Clone();
        fixed (float* pa = A, pb = B, pc = c)
            MatMul.Run(Form, Problem(pa, pb, pc, accumulate));
        return c;
    }

    /// <summary>C by the definition, in the arithmetic of the kernels; gaps between rows as they were.</summary>
    public float[] Expected(bool accumulate)
    {
        var c = (float[])C.Clone();
        fixed (float* pa = A, pb = B, pc = c)
            MatMulReference.Fill(Form, Problem(pa, pb, pc, accumulate), new Block(0, M, 0, N));
        return c;
    }

    /// <summary>One element in float64, from zero.</summary>
    public double Exact(int m, int n)
    {
        fixed (float* pa = A, pb = B)
            return MatMulReference.Element<double>(Form, Problem(pa, pb, null, accumulate: false), m, n, 0);
    }

    public static float[] Fill(Random random, int length)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
            values[i] = (float)(random.NextDouble() * 2 - 1);
        return values;
    }
}
