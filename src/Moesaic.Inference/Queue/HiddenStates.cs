namespace Moesaic.Inference;

/// <summary>Collects the hidden states of one text as they are computed.</summary>
sealed class HiddenStates(Pooling pooling, bool normalise, int tokens)
{
    readonly List<float[]> all = [];
    double[] sums = [];

    public void Read(int position, ReadOnlySpan<float> state)
    {
        if (pooling == Pooling.Mean)
        {
            if (sums.Length == 0) sums = new double[state.Length];
            for (var i = 0; i < sums.Length; i++) sums[i] += state[i];
        }
        else if (pooling == Pooling.None || position == tokens - 1) all.Add(state.ToArray());
    }

    /// <summary>What came of all of them.</summary>
    public TextEmbedding Result()
    {
        if (pooling == Pooling.Mean) all.Add([.. sums.Select(sum => (float)(sum / tokens))]);
        if (normalise) foreach (var vector in all) Normalise(vector);
        return new TextEmbedding(all, tokens);
    }

    static void Normalise(float[] vector)
    {
        double squares = 0;
        foreach (var x in vector) squares += (double)x * x;
        if (squares == 0) return;
        var factor = 1 / Math.Sqrt(squares);
        for (var i = 0; i < vector.Length; i++) vector[i] = (float)(vector[i] * factor);
    }
}
