using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Moesaic.Bench;

/// <summary>bench/peers/torch_step.py in lockstep: one training step of PyTorch for each call.</summary>
sealed class TorchPeer : IDisposable
{
    readonly Process process;

    TorchPeer(Process process) => this.process = process;

    /// <summary>Starts the peer and lets it warm up; null, with what to install on standard error, when it cannot run.</summary>
    /// <param name="model">demo or stories15M.</param>
    /// <param name="plain">Whether the peer is the model written the ordinary way, instead of the tuned one.</param>
    /// <param name="steps">Number of calls of <see cref="Step"/>.</param>
    /// <param name="threads">Threads of PyTorch.</param>
    public static TorchPeer? Start(string model, bool plain, int steps, int threads)
    {
        var script = Path.Combine("bench", "peers", "torch_step.py");
        // Debian's packages belong to Debian's Python, which need not be the first on the PATH.
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { script, model, "--lockstep", "--warmup", "1", "--steps", Text(steps), "--threads", Text(threads) })
            start.ArgumentList.Add(argument);
        if (plain) start.ArgumentList.Add("--plain");
        if (File.Exists(script) && Process.Start(start) is { } process)
        {
            var peer = new TorchPeer(process);
            if (process.StandardOutput.ReadLine() is { } setting)
            {
                Console.WriteLine($"PyTorch: {setting}");
                process.StandardInput.WriteLine();      // the warm-up step answers nothing
                return peer;
            }
        }
        Console.Error.WriteLine("PyTorch is left out: run from the repository with python3-torch and libopenblas0-pthread installed (bench/peers/README.md).");
        return null;
    }

    /// <summary>Tokens per second of one step.</summary>
    public double Step()
    {
        process.StandardInput.WriteLine();
        var line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("torch_step.py ended early");
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("tokens_per_second").GetDouble();
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(5000)) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
