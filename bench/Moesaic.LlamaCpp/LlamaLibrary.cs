using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Moesaic.LlamaCpp;

/// <summary>
/// llama.cpp's C library, a peer to compare logits, tokens and speed with. It is not part of this repository: the folder
/// bins/linux-x64 of the npm package @node-llama-cpp/linux-x64, version 3.22.1, named by the variable MOESAIC_LLAMA.
/// </summary>
public static unsafe class LlamaLibrary
{
    /// <summary>What to do where the library is missing.</summary>
    public const string HowToInstall =
        "Set MOESAIC_LLAMA to the folder bins/linux-x64 of the npm package @node-llama-cpp/linux-x64@3.22.1 (npm pack, then unpack).";

    static readonly Lock Guard = new();
    static readonly StringBuilder Complaints = new();
    static nint llama, ggml;

    /// <summary>Whether the library is where the variable says.</summary>
    public static bool IsThere => Folder is { } folder && Directory.Exists(folder) && Find(folder, "libllama.v") is not null;

    /// <summary>What the library says of itself: instruction sets in use.</summary>
    public static string SystemInfo
    {
        get
        {
            Load();
            return Marshal.PtrToStringUTF8(Native.llama_print_system_info()) ?? "";
        }
    }

    static string? Folder => Environment.GetEnvironmentVariable("MOESAIC_LLAMA");

    /// <summary>What the library complained of since it was asked last.</summary>
    internal static string TakeComplaints()
    {
        lock (Guard)
        {
            var text = Complaints.ToString().Trim();
            Complaints.Clear();
            return text;
        }
    }

    /// <summary>The processor whose kernels it shall take, such as haswell; null, the default, for its own choice. To be set before its first use.</summary>
    public static string? Processor { get; set; }

    static void LoadKernels(string folder, string processor)
    {
        var path = Find(folder, $"libggml-cpu-{processor}.");
        if (path is null || Native.ggml_backend_load(path) == 0)
            throw new InvalidOperationException($"llama.cpp has no kernels for {processor} in {folder}, or this machine cannot run them");
    }

    /// <summary>Loads the library, once.</summary>
    internal static void Load()
    {
        lock (Guard)
        {
            if (llama != 0) return;
            var folder = Folder ?? throw new InvalidOperationException(HowToInstall);
            // Each needs those before it.
            NativeLibrary.Load(Find(folder, "libggml-base.")!);
            ggml = NativeLibrary.Load(Find(folder, "libggml.v")!);
            var loaded = NativeLibrary.Load(Find(folder, "libllama.v")!);
            NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == "ggml" ? ggml : loaded);
            llama = loaded;
            Native.llama_log_set(&Log, 0);
            if (Processor is { } processor) LoadKernels(folder, processor);
            else Native.ggml_backend_load_all_from_path(folder);
            Native.llama_backend_init();
        }
    }

    static string? Find(string folder, string start) => Directory.GetFiles(folder, start + "*so").Order(StringComparer.Ordinal).FirstOrDefault();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    static void Log(int level, byte* text, void* user)
    {
        const int Error = 4;
        if (level != Error) return;
        lock (Guard) Complaints.Append(Marshal.PtrToStringUTF8((nint)text));
    }
}
