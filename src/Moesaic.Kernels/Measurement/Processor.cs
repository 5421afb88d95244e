using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>The processor that figures belong to.</summary>
public static class Processor
{
    const string LinuxFile = "/proc/cpuinfo";

    /// <summary>The name as the system reports it, with family and model, which cloud machines leave out of it; else the architecture.</summary>
    public static string Name { get; } =
        (File.Exists(LinuxFile) ? NameIn(File.ReadLines(LinuxFile)) : null) ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Instruction sets that matter to kernels: (name, whether the machine has it and .NET uses it).</summary>
    public static IReadOnlyList<(string Name, bool Here)> Features { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64
            ? [("Neon", AdvSimd.Arm64.IsSupported), ("dot product", Dp.Arm64.IsSupported)]
            :
            [
                ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported), ("AVX-512F", Avx512F.IsSupported), ("AVX-512BW", Avx512BW.IsSupported),
                ("AVX-VNNI", AvxVnni.IsSupported),
            ];

    internal static string? NameIn(IEnumerable<string> cpuInfo)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in cpuInfo.TakeWhile(line => line.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }
        return !fields.TryGetValue("model name", out var name) ? null
            : fields.TryGetValue("cpu family", out var family) && fields.TryGetValue("model", out var model) ? $"{name} (family {family}, model {model})" : name;
    }
}
