namespace Moesaic.Bench.Serve;

/// <summary>Clients of one server.</summary>
sealed class Clients(Uri address, int count) : IDisposable
{
    public IReadOnlyList<LoadClient> All { get; } = [.. Enumerable.Range(0, count).Select(i => new LoadClient(address, i))];

    public void Dispose()
    {
        foreach (var client in All) client.Dispose();
    }
}
