using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Inspection;

/// <summary>Says what this machine can do, by measuring it, and what is missing.</summary>
public static class MachineInspection
{
    // Beyond the last cache of large servers; on a small machine as much as may be taken.
    const long LargestBlock = 1L << 30, SmallestBlock = 64L << 20;

    /// <summary>Looks at processor, memory, disks and the corpus; a second or two.</summary>
    /// <param name="progress">Is warned of what costs speed or is missing.</param>
    /// <param name="cancellation">Stops between measurements.</param>
    public static StepReport Inspect(IProgressReporter progress, CancellationToken cancellation = default) =>
        Inspect(progress, () => DotnetDocsCorpus.Locate(), LargestBlock, cancellation);

    internal static StepReport Inspect(IProgressReporter progress, Func<RefPack> locateCorpus, long mostBytes, CancellationToken cancellation)
    {
        var (total, free) = Memory();
        var (level, threads) = (KernelSelection.Level, WorkerTeam.Threads);
        var levels = FmaPeak.Levels.Where(KernelSelection.Supports).ToList();
        using var task = progress.Begin("measure", levels.Count + 1, "measurements");
        var peaks = new Dictionary<KernelLevel, double>();
        foreach (var width in levels)
        {
            cancellation.ThrowIfCancellationRequested();
            peaks[width] = MachineSpeed.Flops(width) * 1e-9;
            task.Report(peaks.Count);
        }
        cancellation.ThrowIfCancellationRequested();
        var bandwidth = MachineSpeed.ReadBytes(Math.Clamp(free / 4, SmallestBlock, mostBytes));
        task.Report(levels.Count + 1);

        Warn(progress, level, threads);
        return new StepReport
        {
            Summary = $"{Processor.Name}, {Environment.ProcessorCount} logical processors, {RuntimeInformation.OSDescription}, "
                + $"{RuntimeInformation.FrameworkDescription}, Moesaic {RunEnvironment.ToolVersion}",
            Figures =
            [
                new Figure("logical_processors", Environment.ProcessorCount),
                new Figure("threads", threads),
                .. peaks.TryGetValue(level, out var peak) ? [new Figure("fma_peak", peak, "GFLOP/s")] : Array.Empty<Figure>(),
                new Figure("read_bandwidth", bandwidth, "bytes/s"),
                new Figure("memory", total, "bytes"),
                new Figure("memory_free", free, "bytes"),
                .. Disk("temporary_free", Path.GetTempPath()), .. Disk("disk_free", Environment.CurrentDirectory),
            ],
            Tables =
            [
                new ReportTable("Kernels", ["level", "in use", "FMA peak (GFLOP/s)"], [.. Levels(level, peaks)]),
                DecodingBounds.Table(free, bandwidth),
            ],
            Notes =
            [
                $"instruction sets: {Sets(here: true)}{(Sets(here: false) is { Length: > 0 } missing ? $"; not here: {missing}" : "")}",
                $"decoding at most: memory bandwidth over the bytes of the weights that a token reads; empty where they take more than {DecodingBounds.Share:P0} "
                    + "of the free memory. A mixture reads its active parameters and must hold all",
                $"temporary files go to {Path.GetTempPath()}",
                Corpus(locateCorpus, progress),
            ],
        };
    }

    /// <summary>What the process may use (a container's limit counts), and what of it is free now.</summary>
    static (long Total, long Free) Memory()
    {
        // The collector looks at the memory when it runs.
        GC.Collect();
        var info = GC.GetGCMemoryInfo();
        return (info.TotalAvailableMemoryBytes, Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes));
    }

    static void Warn(IProgressReporter progress, KernelLevel level, int threads)
    {
        if (level < KernelSelection.Best)
            progress.Warn($"kernels run at level {level} although this machine has {KernelSelection.Best}: unset MOESAIC_KERNELS.");
        if (KernelSelection.Best < KernelLevel.Vector256 && RuntimeInformation.ProcessArchitecture is Architecture.X64)
            progress.Warn("this processor has no AVX2, or .NET does not use it: expect a small part of the usual speed.");
        if (threads > Environment.ProcessorCount)
            progress.Warn($"{threads} threads share {Environment.ProcessorCount} logical processors and will wait for each other: use --threads {Environment.ProcessorCount} or fewer.");
    }

    static IEnumerable<Figure> Disk(string key, string folder) =>
        DiskSpace.Available(folder) is { } bytes ? [new Figure(key, bytes, "bytes")] : [];

    static IEnumerable<IReadOnlyList<string>> Levels(KernelLevel level, Dictionary<KernelLevel, double> peaks) =>
        Enum.GetValues<KernelLevel>().Select(l => (IReadOnlyList<string>)
        [
            l.ToString(), l == level ? "yes" : KernelSelection.Supports(l) ? "no" : "not here",
            peaks.TryGetValue(l, out var peak) ? FigureText.Of(Math.Round(peak, 1)) : "",
        ]);

    static string Sets(bool here) => string.Join(", ", Processor.Features.Where(f => f.Here == here).Select(f => f.Name));

    static string Corpus(Func<RefPack> locate, IProgressReporter progress)
    {
        try
        {
            var pack = locate();
            return $"corpus dotnet-docs: {pack.Folder}" + (pack.Version == DotnetDocsCorpus.CommittedVersion ? ""
                : $"; published figures were measured on {DotnetDocsCorpus.CommittedVersion}, they are not comparable");
        }
        catch (BadModelException e)
        {
            progress.Warn(e.Message);
            return "corpus dotnet-docs: missing; training and measuring on your own text works without it";
        }
    }
}
