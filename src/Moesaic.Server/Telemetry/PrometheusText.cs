using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Moesaic.Server.Telemetry;

/// <summary>The instruments of a meter as Prometheus reads them (text format 0.0.4), summed since the start.</summary>
sealed class PrometheusText : IDisposable
{
    readonly Lock gate = new();
    readonly MeterListener listener = new();
    readonly List<MetricFamily> families = [];

    public PrometheusText(Meter meter)
    {
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Meter != meter) return;
            var family = new MetricFamily(instrument);
            lock (gate) families.Add(family);
            heard.EnableMeasurementEvents(instrument, family);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Take(family, value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Take(family, value, tags));
        listener.Start();
    }

    /// <summary>All of them now.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        lock (gate)
        {
            foreach (var family in families) family.Forget();
            listener.RecordObservableInstruments();
            foreach (var family in families) family.Write(text);
        }
        return text.ToString();
    }

    public void Dispose() => listener.Dispose();

    void Take(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate) ((MetricFamily)family!).Take(value, tags);
    }

    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
