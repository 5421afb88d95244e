using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Methods.Reports;

/// <summary>Where figures were measured; two speeds are comparable only when these agree.</summary>
sealed record RunEnvironment
{
    public required string Tool { get; init; }

    public required string Runtime { get; init; }

    public required string System { get; init; }

    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required int Threads { get; init; }

    /// <summary>Highest resident memory of the process until now, earlier steps included.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Version and, when built from a repository, commit: "0.1.0+3f2a...".</summary>
    internal static string ToolVersion { get; } =
        typeof(RunEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    internal static RunEnvironment Current()
    {
        using var process = Process.GetCurrentProcess();
        return new RunEnvironment
        {
            Tool = ToolVersion,
            Runtime = RuntimeInformation.FrameworkDescription,
            System = RuntimeInformation.OSDescription,
            Processor = Kernels.Processor.Name,
            Cores = global::System.Environment.ProcessorCount,
            Threads = WorkerTeam.Threads,
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
    }
}
