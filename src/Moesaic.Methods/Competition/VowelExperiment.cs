using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Competition.Nets;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Competition;

/// <summary>
/// The experiment of Jacobs, Jordan, Nowlan and Hinton 1991 on <see cref="Vowels"/>: how many epochs competing experts need until they tell
/// vowels apart, beside a single net of like size, the other two objectives, and the deep mixture of 2013.
/// </summary>
public static class VowelExperiment
{
    /// <summary>Step sizes that every system tries; it is judged by the one with which most runs learn, and of those by the soonest.</summary>
    static readonly double[] Rates = [1, 2, 4, 8, 16, 32, 64];

    /// <summary>Runs the experiment. The same figures for any number of threads.</summary>
    /// <param name="options">Sizes, criterion and seed.</param>
    /// <param name="progress">Is told of the systems done.</param>
    /// <param name="cancellation">Stops between trials.</param>
    /// <exception cref="BadRequestException">Classes, speakers, runs, epochs or the criterion are outside what makes sense.</exception>
    public static StepReport Run(VowelOptions options, IProgressReporter progress, CancellationToken cancellation = default)
    {
        Check(options);
        var (learned, tested) = Data(options);
        var systems = Systems(options.Classes);
        using var task = progress.Begin("learn vowels", systems.Length, "systems");
        var results = new List<SystemResult>();
        foreach (var (name, make) in systems)
        {
            results.Add(Rates.Select(rate => new SystemResult(name, make().Parameters, rate, Trials(make, learned, tested, rate, options, cancellation)))
                .MinBy(r => (Failed: r.Runs.Length - r.Epochs.Length, r.Epochs.Sum()))!);
            task.Report(results.Count);
        }
        return Report(results, options);
    }

    static void Check(VowelOptions options)
    {
        if (options.Classes < 2 || options.Classes > Vowels.MostClasses)
            throw new BadRequestException($"{options.Classes} classes: there are 2 to {Vowels.MostClasses} vowels.");
        if (options.Speakers < 2 || options.Runs < 1 || options.MostEpochs < 1)
            throw new BadRequestException("The experiment needs at least 2 speakers, a run and an epoch.");
        if (options.Criterion is not (> 0 and < 1))
            throw new BadRequestException($"A criterion of {options.Criterion}: need a squared error between 0 and 1, which is what no output at all has.");
    }

    /// <summary>Formants to learn from and to test on, in the deviations of those learned from.</summary>
    internal static (Vowel[] Learned, Vowel[] Tested) Data(VowelOptions options)
    {
        var all = Vowels.Generate(options.Classes, options.Speakers + (options.Speakers / 2), options.Seed);
        var learned = all[..(options.Speakers * options.Classes)];
        var scales = Enumerable.Range(0, 2).Select(f =>
        {
            var mean = learned.Average(v => v.Formants[f]);
            return (Mean: mean, Deviation: Math.Sqrt(learned.Average(v => Math.Pow(v.Formants[f] - mean, 2))));
        }).ToArray();
        Vowel[] scaled = [.. all.Select(v => v with { Formants = [.. v.Formants.Select((x, f) => (x - scales[f].Mean) / scales[f].Deviation)] })];
        return (scaled[..learned.Length], scaled[learned.Length..]);
    }

    static (string Name, Func<IVowelNet> Make)[] Systems(int classes) =>
    [
        ("one net, 6 hidden", () => new SingleNet(2, 6, classes)),
        ("one net, 12 hidden", () => new SingleNet(2, 12, classes)),
        ("4 experts, competitive Gaussian", () => new CompetingExperts(2, 4, classes, ExpertObjective.Gaussian)),
        ("8 experts, competitive Gaussian", () => new CompetingExperts(2, 8, classes, ExpertObjective.Gaussian)),
        ("4 experts, weighted", () => new CompetingExperts(2, 4, classes, ExpertObjective.Weighted)),
        ("4 experts, cooperative", () => new CompetingExperts(2, 4, classes, ExpertObjective.Cooperative)),
        ("2 layers of 4 experts (2013)", () => new DeepExperts(2, 4, 2, classes)),
    ];

    static VowelRun[] Trials(Func<IVowelNet> make, Vowel[] learned, Vowel[] tested, double rate, VowelOptions options,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var job = new TrialJob(make, learned, tested, rate, new VowelRun[options.Runs], options);
        WorkerTeam.Run(ref job, options.Runs);
        return job.Results;
    }

    readonly record struct TrialJob(Func<IVowelNet> Make, Vowel[] Learned, Vowel[] Tested, double Rate, VowelRun[] Results, VowelOptions Options) : IJob
    {
        public void Execute(int part) => Results[part] = VowelRun.Train(Make(), Learned, Tested, Rate, part, Options);
    }

    sealed record SystemResult(string Name, int Parameters, double Rate, VowelRun[] Runs)
    {
        public double[] Epochs { get; } = [.. Runs.Where(r => r.Epochs is not null).Select(r => (double)r.Epochs!)];
    }

    static StepReport Report(List<SystemResult> results, VowelOptions options)
    {
        var net = results[0].Epochs;
        List<Figure> figures = [];
        if (net.Length > 0 && results[2].Epochs is { Length: > 0 } experts)
            figures.Add(new("epochs_of_experts_over_net", experts.Average() / net.Average()));
        return new StepReport
        {
            Summary = $"Told {options.Classes} vowels of {options.Speakers} speakers apart from {options.Runs} starts.",
            Figures = figures,
            Tables =
            [
                new ReportTable("Epochs to the criterion",
                    ["system", "parameters", "step", "learned", "epochs", "deviation", "of the first net", "correct on other speakers (%)"],
                    [.. results.Select(r => Row(r, net))]),
            ],
            Notes =
            [
                string.Create(CultureInfo.InvariantCulture, $"learned: the squared error of the output, summed over classes, is {options.Criterion} or less within {options.MostEpochs} epochs"),
                $"step: of {string.Join(", ", Rates.Select(r => Text(r, "0.##")))} the one with which most runs learned, and soonest; steepest descent, all vowels an epoch",
            ],
        };
    }

    static IReadOnlyList<string> Row(SystemResult result, double[] net) =>
    [
        result.Name, Text(result.Parameters, "0"), Text(result.Rate, "0.##"), $"{result.Epochs.Length} of {result.Runs.Length}",
        result.Epochs.Length == 0 ? "-" : Text(result.Epochs.Average(), "0"), result.Epochs.Length < 2 ? "-" : Text(Deviation(result.Epochs), "0"),
        result.Epochs.Length == 0 || net.Length == 0 ? "-" : Text(result.Epochs.Average() / net.Average(), "0.00"),
        Text(100 * result.Runs.Average(r => r.Correct), "0.0"),
    ];

    static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
