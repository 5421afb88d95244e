using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench.Layers;

/// <summary>What was measured for one shape.</summary>
/// <param name="Shape">The mixture.</param>
/// <param name="Least">Tokens of its idlest expert.</param>
/// <param name="Most">Tokens of its busiest expert.</param>
/// <param name="DenseMilliseconds">Dense layer, forward and backward.</param>
/// <param name="MixtureMilliseconds">Mixture, forward and backward.</param>
/// <param name="OfDense">Speed of the mixture over that of the dense layer.</param>
/// <param name="Moving">Time of routing, dispatch and combine, over that of the mixture.</param>
/// <param name="OfRoofline">Time that arithmetic or weights need at the machine's measured rates, whichever is longer, over that of the mixture.</param>
/// <param name="BoundByWeights">Whether that longer time is the weights'.</param>
/// <param name="OfPeer">Speed over PyTorch's, or null.</param>
sealed record LayerRow(MixtureShape Shape, int Least, int Most, Summary DenseMilliseconds, Summary MixtureMilliseconds, Summary OfDense,
    Summary Moving, Summary OfRoofline, bool BoundByWeights, Summary? OfPeer)
{
    public const string Header =
        "| D/KF ExK T skew            | tokens an expert   | dense ms | mixture ms | of dense, %    | moving, %         | of roofline, %        | of PyTorch        |\n" +
        "|---|---|---|---|---|---|---|---|";

    /// <summary>Measures the contestants in turn.</summary>
    /// <param name="shape">The mixture.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="level">Kernels that reach the peak of arithmetic.</param>
    /// <param name="readGigabytes">GB that the machine reads in a second.</param>
    /// <param name="peer">Whether PyTorch takes part.</param>
    public static LayerRow Measure(MixtureShape shape, int rounds, KernelLevel level, double readGigabytes, bool peer)
    {
        using var subject = new LayerSubject(shape);
        using var torch = peer ? LayerPeer.Start(shape, WorkerTeam.Threads) : null;
        var (least, most) = subject.Loads();
        Action[] contestants = [() => FmaPeak.Run(level), subject.Dense, subject.Whole, subject.Moving, .. torch is null ? [] : new Action[] { torch.Step }];
        var times = Paired.Measure(rounds, contestants);
        var weights = shape.WeightGigabytes / readGigabytes;
        var arithmetic = shape.Gflop / times.Rate(0, FmaPeak.Gflop(level)).Median;
        return new LayerRow(shape, least, most, times.Seconds(1), times.Seconds(2), times.Ratio(2, 1, 1, 1), times.Ratio(2, 1, 3, 1),
            weights > arithmetic ? times.Rate(2, weights) : times.Ratio(2, shape.Gflop, 0, FmaPeak.Gflop(level)), weights > arithmetic,
            torch is null ? null : times.Ratio(2, 1, 4, 1));
    }

    /// <summary>A line of the table.</summary>
    public override string ToString()
    {
        var bound = BoundByWeights ? "weights" : "FMA";
        var loads = string.Create(CultureInfo.InvariantCulture, $"{Shape.TokensPerExpert:F0} ({Least}..{Most})");
        var (dense, mixture) = (Number(DenseMilliseconds.Median), Number(MixtureMilliseconds.Median));
        return $"| {Shape,-26} | {loads,-18} | {dense,8} | {mixture,10} | {OfDense.ToString(100, "F0"),-14} | {Moving.ToString(100, "F1"),-17} | "
            + $"{OfRoofline.ToString(100, "F0") + " " + bound,-21} | {OfPeer?.ToString(1, "F2"),-17} |";

        static string Number(double seconds) => (1000 * seconds).ToString("F1", CultureInfo.InvariantCulture);
    }
}
