using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Bench;

/// <summary>
/// What calibration costs beside reading the text: a pass that looks at routed rows against the same pass that looks at nothing, in
/// interleaved rounds; and one with all experts against that and the bare products of the experts that it leaves out.
/// </summary>
static class CalibrateVerb
{
    public const string Usage = "  calibrate [SHAPE] [--tokens 8192] [--context 256] [--layers 2] [--rounds 7] [--all] [--threads N]   pass with statistics against the plain pass";

    const int RowsPerPass = 8;

    public static int Run(string[] args)
    {
        var (shape, tokens, context, layers, rounds, all) = ("moe", 8192, 256, 2, 7, false);
        for (var i = 0; i < args.Length; i++)
        {
            if (BenchModels.Shapes.ContainsKey(args[i])) shape = args[i];
            else if (args[i] == "--all") all = true;
            else if (i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Set(args[i++], number)) { }
            else
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }
        }
        var whole = BenchModels.Shapes[shape];
        using var model = new Model(whole with { Layers = [.. whole.Layers.Take(layers)], VocabularySize = 4096 });
        ModelInitialiser.Randomise(model, seed: 1);
        Measure(model, tokens, context, rounds, all, shape);
        return 0;

        bool Set(string name, int number)
        {
            switch (name)
            {
                case "--tokens": tokens = number; return true;
                case "--context": context = number; return true;
                case "--layers": layers = number; return true;
                case "--rounds": rounds = number; return true;
                case "--threads": WorkerTeam.Threads = number; return true;
                default: return false;
            }
        }
    }

    static void Measure(Model model, int tokens, int context, int rounds, bool all, string shape)
    {
        var random = new Random(1);
        var data = PackedDataset.Pack(Enumerable.Range(0, tokens / context).Select(_ => new TokenizedSample(
            [.. Enumerable.Range(0, context + 1).Select(_ => random.Next(model.Spec.VocabularySize))], null)), context);
        PassInput[] passes = [.. BatchStream.Once(data, RowsPerPass, padId: 0).Select(batch => PassInputs.Of(batch, 0, batch.Rows))];
        using var layers = ModelLayers.Of(model);
        using var plain = new Workspace();
        var options = new CalibrationOptions { RowsPerPass = RowsPerPass, Rows = all ? CalibratedRows.All : CalibratedRows.Routed };

        Action[] contestants = [Plain, () => new Calibrator(layers, options).Run(data, ""), .. all ? [() => Products(model, tokens)] : Array.Empty<Action>()];
        var measured = Paired.Measure(rounds, contestants);
        double was = measured.Seconds(0).Median, now = measured.Seconds(1).Median;
        var ratio = measured.Ratio(1, 1, 0, 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{shape}, {model.Spec.Layers.Count} layers, {tokens} tokens in blocks of {context}, {WorkerTeam.Threads} threads, {Processor.Name}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"plain pass      {tokens / was,10:F0} tokens/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(all ? "all experts" : "routed rows"),-12}    {tokens / now,10:F0} tokens/s   {100 * ratio.Median:F1} % of plain (median of rounds)"));
        if (!all) return;
        var router = ((MixtureSpec)model.Spec.Layers[0].FeedForward).Router;
        var products = measured.Seconds(2).Median;
        var bound = was + (products * (router.Experts - router.Chosen) / router.Experts);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"bound           {tokens / bound,10:F0} tokens/s   the plain pass and the bare products of the experts it leaves out; all experts reach {100 * bound / now:F1} % of it"));

        void Plain()
        {
            foreach (var input in passes)
            {
                plain.Begin(recording: false);
                var x = model.Embed(plain, input);
                foreach (var block in model.Blocks) x = block.Forward(plain, x, input, null);
            }
        }
    }

    // Every expert's products on every token and nothing else, 1024 tokens at a time.
    static void Products(Model model, int tokens)
    {
        const int Rows = 1024;
        using var workspace = new Workspace();
        using var x = new Tensor(Rows, model.Spec.Width);
        x.Span.Fill(0.5f);
        for (var first = 0; first < tokens; first += Rows)
            foreach (var mixture in model.Mixtures)
                for (var e = 0; e < mixture.Experts.Ups.Count; e++)
                {
                    workspace.Begin(recording: false);
                    var (gate, _) = workspace.Linear(x, mixture.Experts.Gates[e], mixture.Experts.Ups[e]);
                    workspace.Linear(gate, mixture.Experts.Downs[e]);
                }
    }
}
