using System.Security.Cryptography;
using System.Text.Json;

namespace Moesaic.Bench.Serve;

/// <summary>
/// A soak of `moesaic serve`: mixed, hostile and vanishing clients for minutes; then SIGTERM and SIGKILL in the middle of it. Fails when a
/// request is stuck, is answered with 5xx other than 503 or not as it must be, when memory grows, or when the server is not as before
/// after it was killed.
/// </summary>
static class ServeVerb
{
    public const string Usage = "  serve MODEL [--minutes 10] [--clients 32] [--rate R] [--seed 1] [--tool moesaic]   a soak of the server on loopback (Linux; default rate: by its capacity)";

    /// <summary>Growth between the first and last quarter after warm-up that is none, as a part of what is held.</summary>
    const double Flat = 0.05;

    public static async Task<int> Run(string[] args)
    {
        if (ServeOptions.Read(args) is not { } options)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        if (!File.Exists(options.Tool))
        {
            Console.Error.WriteLine($"{options.Tool} is not there; build the solution in Release, or name the tool with --tool.");
            return 2;
        }
        var faults = new List<string>();
        var before = Files(options.Model);
        var (server, seconds) = await ServerProcess.StartAsync(options.Tool, options.Model, port: 0);
        ServerProcess? again = null;
        try
        {
            Console.WriteLine(FormattableString.Invariant($"{options.Model}: ready after {seconds:F2} s; {Moesaic.Kernels.Processor.Name}, {Environment.ProcessorCount} processors"));
            var model = await Name(server.Address);
            var text = await Fixed(server.Address, model);
            var kinds = GoodRequests.All(model).Concat(HostileRequests.All()).ToList();
            await Soak(server, options, model, kinds, faults);
            if (await Fixed(server.Address, model) != text) faults.Add("a text is another one after the soak than before");

            again = await Restarts.Run(server, options, kinds, text, url => Fixed(url, model), faults);
            if (!before.SequenceEqual(Files(options.Model))) faults.Add("the model's files are not as they were");
        }
        finally
        {
            server.Dispose();
            again?.Dispose();
        }
        Console.WriteLine(faults.Count == 0 ? "nothing amiss" : $"{faults.Count} faults:\n  {string.Join("\n  ", faults.Take(30))}");
        return faults.Count == 0 ? 0 : 1;
    }

    static async Task Soak(ServerProcess server, ServeOptions options, string model, IReadOnlyList<RequestKind> kinds, List<string> faults)
    {
        using var clients = new Clients(server.Address, options.Clients);
        var capacity = await new Load(clients.All, [.. GoodRequests.All(model)], options.Seed).CapacityAsync(TimeSpan.FromSeconds(5));
        var rate = options.Rate > 0 ? options.Rate : 0.6 * capacity;
        Console.WriteLine(FormattableString.Invariant(
            $"{options.Clients} clients one after the other's answer: {capacity:F0} requests/s; now {rate:F0} requests/s for {options.Minutes:0.##} minutes, whenever they come"));

        var time = TimeSpan.FromMinutes(options.Minutes);
        var load = new Load(clients.All, kinds, options.Seed + 1);
        await using var memory = new MemoryTrace(server.Id);
        await load.RunAsync(rate, time);
        Report.Write(load.Attempts, time);
        if (load.Late > 0) Console.WriteLine(FormattableString.Invariant($"this program stood still for {load.Late:F1} s, in which it sent nothing"));
        faults.AddRange(load.Attempts.Where(a => a.Fault is not null).GroupBy(a => $"{a.Kind.Name}: {a.Fault}").Select(g => $"{g.Count()} x {g.Key}"));
        // The first fifth, and no less than half a minute, is warm-up: compiled code, pools, the cache of prefixes.
        Remember(memory.After(Math.Min(Math.Max(30, time.TotalSeconds / 5), time.TotalSeconds / 2)), faults);
        await AssertIdle(server.Address, faults);
    }

    static void Remember(MemoryFigures figures, List<string> faults)
    {
        const double mib = 1 << 20;
        Console.WriteLine(FormattableString.Invariant(
            $"resident after warm-up, lower quartile: first quarter {figures.FirstQuarter / mib:F1} MiB, last quarter {figures.LastQuarter / mib:F1} MiB, highest {figures.Highest / mib:F1} MiB, slope {figures.Slope / mib:+0.00;-0.00} MiB a minute; {figures.Threads} threads and {figures.MostFiles} open files at most"));
        if (figures.LastQuarter > figures.FirstQuarter * (1 + Flat)) faults.Add("memory grows");
    }

    // Nothing runs, nothing waits, and no page of the cache is held but for prefixes.
    static async Task AssertIdle(Uri address, List<string> faults)
    {
        using var http = new HttpClient { BaseAddress = address };
        JsonElement status = default;
        for (var tries = 0; tries < 100; tries++)
        {
            status = JsonElement.Parse(await http.GetStringAsync("moesaic/experts")).GetProperty("status");
            if (status.GetProperty("running").GetInt32() == 0 && status.GetProperty("waiting").GetInt32() == 0) break;
            await Task.Delay(100);
        }
        var cache = status.GetProperty("cache");
        Console.WriteLine($"afterwards: {status.GetProperty("running")} run, {status.GetProperty("waiting")} wait; cache {cache}");
        if (status.GetProperty("running").GetInt32() != 0 || status.GetProperty("waiting").GetInt32() != 0) faults.Add("something still runs or waits");
        if (cache.GetProperty("reserved").GetInt32() != 0 || cache.GetProperty("used").GetInt32() != 0) faults.Add("pages of the cache are not given back");
    }

    static async Task<string> Name(Uri address)
    {
        using var http = new HttpClient { BaseAddress = address };
        return JsonElement.Parse(await http.GetStringAsync("v1/models")).GetProperty("data")[0].GetProperty("id").GetString()!;
    }

    static async Task<string> Fixed(Uri address, string model)
    {
        using var client = new LoadClient(address, 0);
        var attempt = new Attempt(new("", 1, RequestKind.IsGood, (_, _, _, _) => Task.CompletedTask));
        var answer = await client.AskAsync(attempt, "v1/completions", GoodRequests.Fixed(model), CancellationToken.None);
        return answer?.GetProperty("choices")[0].GetProperty("text").GetString() ?? $"status {attempt.Status}";
    }

    static List<string> Files(string model) =>
    [
        .. (Directory.Exists(model) ? Directory.GetFiles(model, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal) : Enumerable.Repeat(model, 1))
            .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];
}
