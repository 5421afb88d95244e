namespace Moesaic.Extensions.AI.Tests;

/// <summary>The model that ships, opened once for the tests of a class.</summary>
public sealed class DemoFixture : IDisposable
{
    public MoesaicModel Model { get; } = MoesaicModel.Open(ShippedModel.Folder, new() { CacheTokens = 2048 });

    public void Dispose() => Model.Dispose();
}
