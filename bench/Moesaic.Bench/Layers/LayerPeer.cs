using System.Diagnostics;
using System.Globalization;

namespace Moesaic.Bench.Layers;

/// <summary>bench/peers/torch_layer.py in lockstep: the same mixture in PyTorch, forward and backward once for each call.</summary>
sealed class LayerPeer : IDisposable
{
    readonly Process process;

    LayerPeer(Process process) => this.process = process;

    /// <summary>Starts the peer; null, with what to install on standard error, when it cannot run.</summary>
    /// <param name="shape">The mixture.</param>
    /// <param name="threads">Threads of PyTorch.</param>
    public static LayerPeer? Start(MixtureShape shape, int threads)
    {
        var script = Path.Combine("bench", "peers", "torch_layer.py");
        // Debian's packages belong to Debian's Python, which need not be the first on the PATH.
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        var numbers = new[] { shape.Width, shape.ExpertWidth, shape.Experts, shape.Chosen, shape.Tokens, shape.Skew, threads };
        var start = new ProcessStartInfo(python, [script, .. numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        if (File.Exists(script) && Process.Start(start) is { } process)
        {
            if (process.StandardOutput.ReadLine() is not null) return new LayerPeer(process);
            process.Dispose();
        }
        Console.Error.WriteLine("PyTorch is left out: run from the repository with python3-torch and libopenblas0-pthread installed (bench/peers/README.md).");
        return null;
    }

    /// <summary>Forward and backward once.</summary>
    public void Step()
    {
        process.StandardInput.WriteLine();
        if (process.StandardOutput.ReadLine() is null) throw new InvalidOperationException("torch_layer.py ended early");
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(5000)) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
