using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Moesaic.Bench.Serve;

/// <summary>`moesaic serve` as a process.</summary>
sealed partial class ServerProcess : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly Process process;
    readonly List<string> lines = [];
    readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    ServerProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    public int Id => process.Id;

    /// <summary>What it wrote.</summary>
    public string Output
    {
        get
        {
            lock (lines) return string.Join('\n', lines);
        }
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <returns>The server, and the seconds that took.</returns>
    public static async Task<(ServerProcess Server, double Seconds)> StartAsync(string tool, string model, int port)
    {
        var start = Stopwatch.GetTimestamp();
        var server = new ServerProcess(Process.Start(new ProcessStartInfo(tool, ["serve", model, "--port", port.ToString(CultureInfo.InvariantCulture), "--plain"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!);
        try
        {
            var ended = server.process.WaitForExitAsync();
            if (await Task.WhenAny(server.listening.Task, ended).WaitAsync(Patience) == ended) throw new InvalidOperationException($"the server ended:\n{server.Output}");
            server.Address = await server.listening.Task;
            using var http = new HttpClient { BaseAddress = server.Address };
            while (!(await http.GetAsync("ready")).IsSuccessStatusCode)
            {
                if (Stopwatch.GetElapsedTime(start) > Patience) throw new InvalidOperationException($"the server does not get ready:\n{server.Output}");
                await Task.Delay(10);
            }
            return (server, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL: nothing of the server runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: it answers what it has begun and ends.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (Signal(process.Id, 15) != 0) throw new InvalidOperationException("the server could not be sent SIGTERM");
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    void Take(string? line)
    {
        if (line is null) return;
        lock (lines) lines.Add(line);
        if (Listening.Match(line) is { Success: true } match) listening.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex(@"listening at (http://[^\s;,""]+)")]
    private static partial Regex Listening { get; }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
