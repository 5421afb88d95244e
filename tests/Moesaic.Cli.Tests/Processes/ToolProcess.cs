using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Moesaic.Cli.Tests.Processes;

/// <summary>The tool as a process of its own, its standard output read line by line.</summary>
sealed partial class ToolProcess : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly Process process;
    readonly Task<string> error;

    ToolProcess(Process process)
    {
        this.process = process;
        error = process.StandardError.ReadToEndAsync();
    }

    public List<string> Lines { get; } = [];

    public static ToolProcess Start(params IEnumerable<string> args)
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        string[] command = [.. HeedSignals.Value, dotnet, "exec", Path.Combine(AppContext.BaseDirectory, "moesaic.dll"), .. args];
        return new ToolProcess(Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!);
    }

    /// <summary>
    /// A shell starts what runs in the background with SIGINT ignored, and children inherit that: where env can, it undoes it.
    /// </summary>
    static readonly Lazy<string[]> HeedSignals = new(() =>
    {
        string[] heed = ["/usr/bin/env", "--default-signal=INT,TERM"];
        if (!OperatingSystem.IsLinux() || !File.Exists(heed[0])) return [];
        using var trial = Process.Start(new ProcessStartInfo(heed[0], [heed[1], "true"]) { RedirectStandardError = true })!;
        trial.WaitForExit();
        return trial.ExitCode == 0 ? heed : [];
    });

    /// <summary>Reads standard output up to the first line that contains a text.</summary>
    public async Task<string> LineWith(string text)
    {
        while (await Within(process.StandardOutput.ReadLineAsync()) is { } line)
        {
            Lines.Add(line);
            if (line.Contains(text, StringComparison.Ordinal)) return line;
        }
        throw new InvalidOperationException($"the tool ended without a line with {text}: {await error}\n{string.Join('\n', Lines)}");
    }

    /// <summary>Writes a line to standard input.</summary>
    public async Task Say(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    public void EndInput() => process.StandardInput.Close();

    public void Signal(PosixSignal signal) => Assert.Equal(0, Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15));

    /// <summary>SIGKILL: no code of the tool runs any more.</summary>
    public void Kill() => process.Kill();

    /// <summary>Reads the rest and waits for the end.</summary>
    public async Task<int> ExitCode()
    {
        while (await Within(process.StandardOutput.ReadLineAsync()) is { } line) Lines.Add(line);
        await Within(process.WaitForExitAsync());
        return process.ExitCode;
    }

    public async Task<string> Error() => await Within(error);

    public void Dispose()
    {
        process.Kill();
        process.Dispose();
    }

    static Task<T> Within<T>(Task<T> task) => task.WaitAsync(Patience);

    static Task<T> Within<T>(ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    static Task Within(Task task) => task.WaitAsync(Patience);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
