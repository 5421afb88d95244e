namespace Moesaic.Tensors.Tests;

/// <summary>Reproducible values.</summary>
static class Numbers
{
    /// <summary>A matrix of numbers between −1 and 1.</summary>
    public static Tensor Matrix(int rows, int columns, int seed)
    {
        var tensor = new Tensor(rows, columns);
        Fill(tensor.Span, new Random(seed));
        return tensor;
    }

    /// <summary>The same, as a parameter that is trained.</summary>
    public static Tensor Parameter(int rows, int columns, int seed)
    {
        var tensor = Matrix(rows, columns, seed);
        tensor.NeedsGradient = true;
        return tensor;
    }

    public static Tensor Identity(int size)
    {
        var tensor = new Tensor(size, size);
        for (var i = 0; i < size; i++) tensor.Row(i)[i] = 1;
        return tensor;
    }

    public static void Fill(Span<float> values, Random random)
    {
        foreach (ref var value in values) value = (float)((random.NextDouble() * 2) - 1);
    }
}
