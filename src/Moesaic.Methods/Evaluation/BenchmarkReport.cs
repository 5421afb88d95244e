using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Evaluation;

/// <summary>Results of <see cref="Benchmark"/> beside what the machine allows.</summary>
public static class BenchmarkReport
{
    /// <summary>One row a test: mean, deviation and best, and the share of the roofline.</summary>
    /// <param name="loaded">The model that was measured.</param>
    /// <param name="results">What was measured.</param>
    /// <param name="machine">The ceilings, measured in the same run.</param>
    public static StepReport Of(LoadedModel loaded, IReadOnlyList<BenchmarkResult> results, Ceilings machine)
    {
        var roofline = Roofline.Of(loaded.Model);
        var routes = loaded.Model.Mixtures.Any();
        var counts = ParameterCounts.Of(loaded.Model.Spec);
        return new StepReport
        {
            Summary = $"{loaded.Layout}, {Encodings(loaded.Model)}, {WorkerTeam.Threads} threads, kernels {KernelSelection.Level}",
            Figures =
            [
                new Figure("parameters", counts.Total), new Figure("active_parameters", counts.Active),
                new Figure("weights", loaded.WeightBytes, "bytes"), new Figure("weights_per_token", roofline.WeightBytes, "bytes"),
                new Figure("read_bandwidth", machine.ReadBytesPerSecond / 1e9, "GB/s"), new Figure("fma_peak", machine.FlopsPerSecond / 1e9, "GFLOP/s"),
                .. results.Select(r => new Figure(Key(r.Test), r.Mean, "tokens/s")),
            ],
            Tables = [new ReportTable("Speed", ["test", "tokens/s", "deviation", "best", "of the read bandwidth", "of the FMA peak", .. routes ? ["experts per token"] : Array.Empty<string>()],
                [.. results.Select(r => Row(r, Roofline.Of(loaded.Model, routes ? r.PerToken : null), machine))])],
            Notes = ["of the read bandwidth: bytes of weights read for a token, times tokens/s; of the FMA peak: float32 multiply-adds, "
                + "which products with encoded weights replace by integer ones and may exceed",
                .. loaded.Model.Spec.Routers.Any(r => r.Router.PerTokenVaries)
                    ? ["how many experts a token uses depends on the token: bytes, operations and active parameters are those of the number its router is balanced for"]
                    : Array.Empty<string>()],
        };
    }

    static IReadOnlyList<string> Row(BenchmarkResult result, Roofline roofline, Ceilings machine)
    {
        var test = result.Test;
        var seen = test.Depth + (test.Tokens + 1) / 2.0;
        return
        [
            test.ToString(), FigureText.Of(result.Mean), FigureText.Of(result.Deviation), FigureText.Of(result.Best),
            test.Decodes ? Percent(roofline.BandwidthShare(result.Mean, machine)) : "",
            test.Decodes ? "" : Percent(roofline.ArithmeticShare(result.Mean, seen, machine)),
            .. result.PerToken.Count > 0 ? [result.PerToken.Average().ToString("F2", CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        ];
    }

    static string Key(BenchmarkTest test) => test.ToString().Replace(" @ ", "_", StringComparison.Ordinal);

    static string Percent(double share) => FormattableString.Invariant($"{100 * share:F0} %");

    // By bytes, most first: that of the experts, usually.
    static string Encodings(Model model) => string.Join(" and ", model.Parameters.Where(p => !p.IsVector)
        .GroupBy(p => p.Matrix.Encoding).OrderByDescending(g => g.Sum(p => p.Matrix.Bytes)).Select(g => g.Key.Name()));
}
