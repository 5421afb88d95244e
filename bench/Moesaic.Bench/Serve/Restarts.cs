using System.Diagnostics;

namespace Moesaic.Bench.Serve;

/// <summary>The end of a server in the middle of its work: by SIGKILL, after which another must be as good, and by SIGTERM.</summary>
static class Restarts
{
    const double Rate = 50;

    /// <summary>Kills the server under load, starts it again at the same port, and stops that one under load.</summary>
    /// <returns>The second server, which has ended.</returns>
    public static async Task<ServerProcess> Run(
        ServerProcess server, ServeOptions options, IReadOnlyList<RequestKind> kinds, string text, Func<Uri, Task<string>> ask, List<string> faults)
    {
        var port = server.Address.Port;
        var gone = false;
        using (var clients = new Clients(server.Address, options.Clients))
        {
            var load = new Load(clients.All, kinds, options.Seed + 2);
            var running = load.RunAsync(Rate, TimeSpan.FromSeconds(4), () => gone);
            await Task.Delay(TimeSpan.FromSeconds(2));
            gone = true;
            await server.KillAsync();
            await running;
        }
        var (again, seconds) = await ServerProcess.StartAsync(options.Tool, options.Model, port);
        Console.WriteLine(FormattableString.Invariant($"killed under load (SIGKILL) and started again at the same port: ready after {seconds:F2} s"));
        if (await ask(again.Address) != text) faults.Add("a text is another one after the kill than before");

        // Streams that were begun are read to their end; what comes later is refused or finds nobody.
        using (var clients = new Clients(again.Address, options.Clients))
        {
            var streams = kinds.Where(k => k.Name == "chat, streamed").ToList();
            var load = new Load(clients.All, streams, options.Seed + 3);
            var running = load.RunAsync(Rate, TimeSpan.FromSeconds(2));
            await running.WaitAsync(TimeSpan.FromSeconds(1)).ContinueWith(_ => { }, TaskScheduler.Default);
            var start = Stopwatch.GetTimestamp();
            var code = await again.StopAsync();
            var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await running;
            var cut = load.Attempts.Count(a => a.Status == 200 && a.Fault is not null);
            Console.WriteLine(FormattableString.Invariant(
                $"stopped under load (SIGTERM): ended after {took:F2} s with exit code {code}; {load.Attempts.Count(a => a.Status == 200) - cut} streams whole, {cut} cut off, {load.Attempts.Count(a => a.Status is not 200)} refused"));
            if (cut > 0) faults.Add($"{cut} streams were cut off by SIGTERM");
        }
        return again;
    }
}
