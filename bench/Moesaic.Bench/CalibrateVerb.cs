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
/// interleaved rounds; and with all experts, the arithmetic of which is counted against the machine's peak at plain products.
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

        var measured = Paired.Measure(rounds, Plain, () => new Calibrator(layers, options).Run(data, ""));
        double was = measured.Seconds(0).Median, now = measured.Seconds(1).Median;
        var ratio = measured.Ratio(1, 1, 0, 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{shape}, {model.Spec.Layers.Count} layers, {tokens} tokens in blocks of {context}, {WorkerTeam.Threads} threads, {Processor.Name}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"plain pass      {tokens / was,10:F0} tokens/s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(all ? "all experts" : "routed rows"),-12}    {tokens / now,10:F0} tokens/s   {100 * ratio.Median:F1} % of plain (median of rounds)"));
        if (all) Bound(model, tokens, was, now);

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

    // All experts at the speed that the plain pass reaches, operation for operation.
    static void Bound(Model model, int tokens, double plain, double all)
    {
        double always = 0, routed = 0, every = 0;
        foreach (var layer in model.Spec.Layers)
        {
            var only = ParameterCounts.Of(model.Spec with { Layers = [layer] });
            var experts = only.Roles.FirstOrDefault(r => r.Role == ParameterRole.Experts);
            always += only.Total - ParameterCounts.Of(model.Spec with { Layers = [] }).Total - (experts?.Total ?? 0);
            routed += experts?.Active ?? 0;
            every += experts?.Total ?? 0;
        }
        var peak = MachineSpeed.Flops(KernelSelection.Level);
        var flops = 2 * tokens * (always + every);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"all experts: {flops / all / 1e9:F0} GFLOP/s, {100 * flops / all / peak:F1} % of peak; plain: {2 * tokens * (always + routed) / plain / 1e9:F0} GFLOP/s, {200 * tokens * (always + routed) / plain / peak:F1} %"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{100 * (always + every) / all / ((always + routed) / plain):F1} % of the time that its operations take at the plain pass's rate"));
    }
}
