namespace Moesaic.Bench;

/// <summary>What a figure must be read with.</summary>
static class Machine
{
    /// <summary>The processor's name as the system reports it, else its architecture.</summary>
    public static string Processor { get; } = FromCpuInfo() ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();

    static string? FromCpuInfo()
    {
        if (!File.Exists("/proc/cpuinfo"))
            return null;
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines("/proc/cpuinfo").TakeWhile(line => line.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields[line[..colon].Trim()] = line[(colon + 1)..].Trim();
        }

        return fields.TryGetValue("model name", out var name)
            ? $"{name} (family {fields.GetValueOrDefault("cpu family")}, model {fields.GetValueOrDefault("model")})"
            : null;
    }
}
