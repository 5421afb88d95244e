namespace Moesaic.Models.Tests;

/// <summary>A folder for one test, gone afterwards.</summary>
sealed class TemporaryFolder : IDisposable
{
    readonly string path = Directory.CreateTempSubdirectory("moesaic-models-").FullName;

    public string this[string relative] => Path.Combine(path, relative);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
