using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// The level at which all kernels of the process run. The widest level of the machine is the default;
/// <c>MOESAIC_KERNELS=reference|v128|v256|v512</c> forces another one.
/// </summary>
public static class KernelSelection
{
    const string Variable = "MOESAIC_KERNELS";
    const int Unset = -1;

    static int s_level = Unset;

    /// <summary>The widest level that this machine runs in hardware.</summary>
    public static KernelLevel Best { get; } =
        Vector512.IsHardwareAccelerated ? KernelLevel.Vector512
        : Vector256.IsHardwareAccelerated ? KernelLevel.Vector256
        : Vector128.IsHardwareAccelerated ? KernelLevel.Vector128
        : KernelLevel.Reference;

    /// <summary>
    /// The level in force. Setting it (tests, benchmarks) affects kernels that start afterwards, in all threads.
    /// </summary>
    /// <exception cref="KernelSettingException">The machine lacks the level, or the variable names none.</exception>
    public static KernelLevel Level
    {
        get => s_level != Unset ? (KernelLevel)s_level : Initialise();
        set => s_level = (int)Require(value, "KernelSelection.Level");
    }

    /// <summary>Whether this machine can run <paramref name="level"/>.</summary>
    public static bool Supports(KernelLevel level) => level >= KernelLevel.Reference && level <= Best;

    internal static KernelLevel Parse(string? text) => text switch
    {
        null or "" => Best,
        "reference" => KernelLevel.Reference,
        "v128" => Require(KernelLevel.Vector128, Variable),
        "v256" => Require(KernelLevel.Vector256, Variable),
        "v512" => Require(KernelLevel.Vector512, Variable),
        _ => throw new KernelSettingException(
            $"{Variable}={text} names no kernel level; choose one of {Choices()}, or unset the variable for the best."),
    };

    static KernelLevel Initialise()
    {
        var level = Parse(Environment.GetEnvironmentVariable(Variable));
        s_level = (int)level;
        return level;
    }

    static KernelLevel Require(KernelLevel level, string source) => Supports(level)
        ? level
        : throw new KernelSettingException(
            $"{source} asks for kernel level {Name(level)}, which this machine cannot run; choose one of {Choices()}.");

    static string Choices() => string.Join(", ", Enum.GetValues<KernelLevel>().Where(Supports).Select(Name));

    static string Name(KernelLevel level) => level switch
    {
        KernelLevel.Reference => "reference",
        KernelLevel.Vector128 => "v128",
        KernelLevel.Vector256 => "v256",
        KernelLevel.Vector512 => "v512",
        _ => ((int)level).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
