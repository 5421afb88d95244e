namespace Moesaic.Formats;

/// <summary>Turns failures to read the storage into messages for people.</summary>
static class InputErrors
{
    internal static T Explain<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (OutputErrors.IsStorage(e))
        {
            throw new BadModelException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// The file itself behind any links, whose length is asked before it is opened: opening a pipe would wait for
    /// ever.
    /// </summary>
    internal static FileInfo Target(string path)
    {
        var target = new FileInfo(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        return target.Exists ? target : throw new BadModelException($"{path} does not exist.");
    }
}
