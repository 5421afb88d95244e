namespace Moesaic.Methods.Demo;

/// <summary>One model of the demo's table.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Loss">Held-out cross-entropy, nats per token.</param>
/// <param name="Parameters">In all.</param>
/// <param name="Active">Used by one token.</param>
/// <param name="Bytes">Of the weights as stored (bfloat16).</param>
public sealed record DemoRow(string Name, double Loss, long Parameters, long Active, long Bytes)
{
    /// <summary>exp(loss).</summary>
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>Speed of the two shapes, medians of interleaved pairs, tokens/s of one sequence.</summary>
/// <param name="DenseReads">The dense model through a prompt.</param>
/// <param name="DenseWrites">The dense model token by token.</param>
/// <param name="MixtureReads">The mixture through a prompt.</param>
/// <param name="MixtureWrites">The mixture token by token.</param>
/// <param name="WritingRatio">Median over the pairs of mixture over dense, token by token.</param>
public sealed record DemoSpeed(double DenseReads, double DenseWrites, double MixtureReads, double MixtureWrites, double WritingRatio);

/// <summary>What the demo found.</summary>
/// <param name="Dense">The model as it ships.</param>
/// <param name="Split">Its feed-forward layers split into experts, not trained.</param>
/// <param name="Mixture">The split after post-training, read back from the folder that was written.</param>
/// <param name="Control">The dense model after the same post-training: what papers leave out.</param>
/// <param name="RandomRouter">The mixture with its trained routers replaced by fixed random ones.</param>
/// <param name="Speed">Of dense and mixture.</param>
/// <param name="DeadExperts">Experts of the mixture that no held-out token chose, over all layers.</param>
/// <param name="Text">What the mixture writes.</param>
/// <param name="Comparable">Whether the text is the corpus that the published figures were measured on.</param>
public sealed record DemoResult(
    DemoRow Dense, DemoRow Split, DemoRow Mixture, DemoRow Control, DemoRow RandomRouter, DemoSpeed Speed,
    int DeadExperts, string Text, bool Comparable)
{
    /// <summary>The fraction of the gap between split and control that must be closed.</summary>
    public const double RequiredClosure = 0.85;

    /// <summary>Nats per token by which a random router must be worse than the trained one.</summary>
    public const double RequiredRouterGain = 0.1;

    /// <summary>The table, from start to end.</summary>
    public IReadOnlyList<DemoRow> Rows => [Dense, Split, Mixture, RandomRouter, Control];

    /// <summary>(split − mixture) / (split − control): 1 is all of the gap, 0 nothing.</summary>
    public double Closure => (Split.Loss - Mixture.Loss) / (Split.Loss - Control.Loss);

    /// <summary>Nats per token that the trained router gains over a random one.</summary>
    public double RouterGain => RandomRouter.Loss - Mixture.Loss;

    /// <summary>Why the mixture does not count as working again; empty when it does.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            var failures = new List<string>();
            if (!(Closure >= RequiredClosure))
                failures.Add($"post-training closed {Closure:P1} of the gap between the untrained split and the dense control, less than {RequiredClosure:P0}");
            if (DeadExperts > 0) failures.Add($"{DeadExperts} experts are dead on held-out text");
            if (!(RouterGain >= RequiredRouterGain))
                failures.Add($"a random router is only {RouterGain:F3} nats worse than the trained one, less than {RequiredRouterGain}");
            return failures;
        }
    }
}
