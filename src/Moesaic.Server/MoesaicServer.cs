using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Moesaic.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Server.Endpoints;
using Moesaic.Server.Errors;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server;

/// <summary>
/// Serves a model by the OpenAI protocol over HTTP, with a page at /. It listens at once; until the model is loaded and has answered once, requests
/// get 503.
/// </summary>
public sealed class MoesaicServer : IAsyncDisposable
{
    readonly WebApplication application;
    readonly ServerParts parts;
    readonly PrometheusText prometheus;
    readonly IDisposable? export;
    readonly IReadOnlyList<IEndpoint> endpoints;
    readonly CancellationTokenSource stopping = new();

    MoesaicServer(ServerOptions options)
    {
        var model = new ServedModel();
        var errors = new ErrorAnswers(options.Report);
        parts = new ServerParts(options, model, errors, new ServerMetrics(model));
        prometheus = new PrometheusText(parts.Metrics.Meter);
        export = options.Otlp is { } collector ? OtlpExport.Start(collector) : null;
        endpoints = AllEndpoints.Of(parts, prometheus);
        application = WebHost.Build(options, errors, endpoints);
    }

    /// <summary>Of the program.</summary>
    internal static string Version { get; } = typeof(MoesaicServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>What it offers, in the order of the documentation: method, path, what for.</summary>
    public IReadOnlyList<(string Method, string Path, string About)> Endpoints => [.. endpoints.Select(e => (e.Method, e.Path, e.About))];

    /// <summary>Ends when requests are answered; with what went wrong when the model could not be loaded.</summary>
    public Task Ready { get; private set; } = Task.CompletedTask;

    /// <summary>The model; null until it is loaded.</summary>
    public MoesaicModel? Model => parts.Model.Loaded;

    /// <summary>Listens, and loads the model meanwhile.</summary>
    /// <param name="open">Loads the model, on a thread of its own; disposed with the server.</param>
    /// <param name="options">How it is served.</param>
    /// <exception cref="BadRequestException">An option is out of range, or the address is taken or not this machine's.</exception>
    public static async Task<MoesaicServer> StartAsync(Func<MoesaicModel> open, ServerOptions options)
    {
        options.Validate();
        var server = new MoesaicServer(options);
        try
        {
            await server.application.StartAsync();
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            // Kestrel says of an address in use IOException, of one that is not this machine's SocketException.
            if (e is IOException or System.Net.Sockets.SocketException) throw new BadRequestException($"The server cannot listen at {options.Host}, port {options.Port}: {e.Message}", e);
            throw;
        }
        server.Addresses = [.. server.application.Urls.Select(url => new Uri(url))];
        server.Ready = Task.Run(() => server.LoadAsync(open));
        return server;
    }

    /// <summary>Takes no more requests, and waits until those are answered that were sent before, at most as long as the options say.</summary>
    /// <returns>Whether all of them were.</returns>
    public async Task<bool> DrainAsync()
    {
        parts.Model.Close();
        if (parts.Model.Loaded is not { } model) return true;
        using var deadline = new CancellationTokenSource(parts.Options.Drain, parts.Options.Time);
        try
        {
            await model.Queue.DrainAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Cuts off what still runs, and frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        parts.Model.Close();
        await stopping.CancelAsync();
        // A model that is being loaded is disposed by whoever loads it.
        await Ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Ends what still runs with an answer to the client.
        parts.Model.Loaded?.Queue.Dispose();
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2))) await application.StopAsync(patience.Token);
        await application.DisposeAsync();
        export?.Dispose();
        prometheus.Dispose();
        parts.Metrics.Dispose();
        if (parts.Model.Loaded is { } model) await model.DisposeAsync();
        stopping.Dispose();
    }

    async Task LoadAsync(Func<MoesaicModel> open)
    {
        var model = open();
        // From here on it is disposed with the server.
        parts.Model.Load(model);
        await model.WarmUpAsync(stopping.Token);
        // Grammars need it, and who asks for the first need not wait for it.
        _ = model.Tokens;
        parts.Model.Open();
    }
}
