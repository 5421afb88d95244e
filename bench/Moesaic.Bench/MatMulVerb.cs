using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>The matrix product as share of the measured FMA peak, beside OpenBLAS.</summary>
static unsafe class MatMulVerb
{
    public const string Usage =
        "  matmul [--threads N] [--rounds N] [--only TEXT] [--form ABt|AB|AtB] [--decode] [--cpu-time]\n" +
        "      the float32 product beside the FMA peak and OpenBLAS";

    public static int Run(string[] args)
    {
        var (rounds, only, decode) = (7, "", false);
        var forms = Enum.GetValues<MatMulForm>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--threads" when i + 1 < args.Length: WorkerTeam.Threads = Number(args[++i]); break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--only" when i + 1 < args.Length: only = args[++i]; break;
                case "--form" when i + 1 < args.Length: forms = [Enum.Parse<MatMulForm>(args[++i], ignoreCase: true)]; break;
                case "--decode": decode = true; break;
                case "--cpu-time": Paired.UseProcessorTime = true; break;
                default:
                    Console.Error.WriteLine($"matmul does not know '{args[i]}', or its value is missing\n{Usage}");
                    return 2;
            }
        }

        var blas = OpenBlas.TryStart(WorkerTeam.Threads);
        Console.WriteLine($"kernels {KernelSelection.Level}, threads {WorkerTeam.Threads}, {Processor.Name}, .NET {Environment.Version}");
        Console.WriteLine(blas ?? "OpenBLAS is missing: apt install libopenblas0-pthread");
        var peak = Peak(rounds);
        Console.WriteLine("Median over rounds, second smallest to second largest in brackets; all columns of a row share the rounds.");
        Console.WriteLine();
        Console.WriteLine($"| {"layer",-30} | form |     M |     N |     K | GFLOP/s          | % of peak        | of OpenBLAS |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var layer in decode ? MatMulShapes.Decode : MatMulShapes.Training)
        {
            if (!layer.Name.Contains(only, StringComparison.OrdinalIgnoreCase))
                continue;
            foreach (var form in decode ? [MatMulForm.ABt] : forms)
                Row(layer, form, rounds, peak, blas != null);
        }

        return 0;
    }

    static KernelLevel Peak(int rounds)
    {
        var levels = FmaPeak.Levels.Where(KernelSelection.Supports).ToArray();
        var peaks = Paired.Measure(rounds, Array.ConvertAll<KernelLevel, Action>(levels, level => () => FmaPeak.Run(level)));
        var best = 0;
        for (var i = 0; i < levels.Length; i++)
        {
            var rate = peaks.Rate(i, FmaPeak.Gflop(levels[i]));
            Console.WriteLine($"FMA peak {levels[i]}: {rate.ToString(1, "F1")} GFLOP/s");
            if (rate.Median > peaks.Rate(best, FmaPeak.Gflop(levels[best])).Median)
                best = i;
        }

        return levels[best];
    }

    static void Row(LayerShape layer, MatMulForm form, int rounds, KernelLevel peak, bool blas)
    {
        var group = layer.Rows.Length;
        var problems = new MatMulProblem[group];
        var memory = new List<NativeFloats>();
        double gflop = 0;
        for (var i = 0; i < group; i++)
        {
            var (m, n, k) = layer.Sizes(form, layer.Rows[i]);
            gflop += 2e-9 * m * n * k;
            NativeFloats a = new((long)m * k, 1), b = new((long)n * k, 2), c = new((long)m * n, 3);
            memory.AddRange([a, b, c]);
            problems[i] = new MatMulProblem
            {
                A = a.Address, B = b.Address, C = c.Address, M = m, N = n, K = k,
                LdA = form == MatMulForm.AtB ? m : k, LdB = form == MatMulForm.ABt ? k : n, LdC = n,
            };
        }

        var times = Paired.Measure(
            rounds,
            () => FmaPeak.Run(peak),
            () => MatMul.Run(form, problems),
            () =>
            {
                if (!blas)
                    return;
                foreach (ref readonly var problem in problems.AsSpan())
                    OpenBlas.Multiply(form, problem);
            });
        memory.ForEach(m => m.Dispose());

        var (rows, columns, depth) = layer.Sizes(form, (int)layer.Rows.Average());
        var rate = times.Rate(1, gflop).ToString(1, "F1");
        var share = times.Ratio(1, gflop, 0, FmaPeak.Gflop(peak)).ToString(100, "F0");
        var peer = blas ? times.Ratio(1, gflop, 2, gflop).Median.ToString("F2", CultureInfo.InvariantCulture) : "";
        Console.WriteLine(
            $"| {layer.Name,-30} | {form,-4} | {rows,5} | {columns,5} | {depth,5} | {rate,-16} | {share,-16} | {peer,11} |");
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
