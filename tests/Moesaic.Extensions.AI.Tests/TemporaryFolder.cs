namespace Moesaic.Extensions.AI.Tests;

sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("moesaic-ai-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
