using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Moesaic.Server.Endpoints;
using Moesaic.Server.Errors;
using Moesaic.Server.Security;

namespace Moesaic.Server;

/// <summary>The web server. It reads no configuration from files or the environment: what holds is what the options say.</summary>
static class WebHost
{
    public static WebApplication Build(ServerOptions options, ErrorAnswers errors, IReadOnlyList<IEndpoint> endpoints)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        builder.Services.AddRoutingCore();
        // Signals are the business of whoever runs the server.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var application = builder.Build();
        var gate = new Gate(options);
        application.Use((context, next) => errors.InvokeAsync(context, next));
        application.UseRouting();
        application.Use((context, next) => gate.InvokeAsync(context, next));
        AllEndpoints.MapTo(application, endpoints);
        PageEndpoints.MapTo(application);
        return application;
    }

    static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxBody;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        // A telephone that sleeps for a moment need not lose its answer; who takes nothing for long does.
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 100, gracePeriod: TimeSpan.FromSeconds(60));
        var address = BindAddress.Parse(options.Host);
        if (address is not null) kestrel.Listen(address, options.Port, Http1);
        else if (options.Port != 0) kestrel.ListenLocalhost(options.Port, Http1);
        else kestrel.Listen(IPAddress.Loopback, 0, Http1);
    }

    static void Http1(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
