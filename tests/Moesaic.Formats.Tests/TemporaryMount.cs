using System.ComponentModel;
using System.Diagnostics;

namespace Moesaic.Formats.Tests;

/// <summary>A tmpfs of 20 MiB over a folder; skips the test where that is not allowed.</summary>
sealed class TemporaryMount : IDisposable
{
    readonly string folder;

    public TemporaryMount(string folder)
    {
        this.folder = folder;
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", "size=20m", "moesaic-test", folder) != 0)
            Assert.Skip("needs the right to mount a tmpfs: run as root on Linux");
    }

    public void Dispose() => Run("umount", folder);

    static int Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            return -1;
        }
    }
}
