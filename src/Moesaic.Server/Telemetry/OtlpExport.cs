using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Moesaic.Server.Telemetry;

/// <summary>Sends what is measured to a collector (OTLP over HTTP, protobuf), once a minute and at the end.</summary>
static class OtlpExport
{
    /// <param name="collector">Its address, without the path of the protocol.</param>
    public static IDisposable Start(Uri collector) => Sdk.CreateMeterProviderBuilder()
        .ConfigureResource(resource => resource.AddService("moesaic", serviceVersion: MoesaicServer.Version))
        .AddMeter(ServerMetrics.MeterName)
        .AddOtlpExporter(exporter =>
        {
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
            exporter.Endpoint = new Uri($"{collector.AbsoluteUri.TrimEnd('/')}/v1/metrics");
        })
        .Build();
}
