namespace Moesaic.Formats;

/// <summary>Turns failures of the storage into messages for people.</summary>
static class OutputErrors
{
    // The runtime puts the raw errno into HResult on Unix and a Win32 HRESULT on Windows.
    const int NoSpaceUnix = 28, QuotaUnix = 122, NoSpaceMac = 69;
    const int DiskFullWindows = unchecked((int)0x80070070), HandleDiskFullWindows = unchecked((int)0x80070027);

    internal static bool IsStorage(Exception e) => e is IOException or UnauthorizedAccessException;

    internal static BadRequestException Refusal(string path, Exception e) => e switch
    {
        IOException { HResult: NoSpaceUnix or QuotaUnix or NoSpaceMac or DiskFullWindows or HandleDiskFullWindows } =>
            new($"{path} cannot be written: the disk is full (or the quota is used up). Free space or choose "
                + "another output.", e),
        UnauthorizedAccessException =>
            new($"{path} cannot be written: access is denied. Choose an output you may write to.", e),
        _ => new($"{path} cannot be written: {e.Message}", e),
    };

    internal static void Explain(string path, Action action)
    {
        try { action(); }
        catch (Exception e) when (IsStorage(e)) { throw Refusal(path, e); }
    }

    internal static T Explain<T>(string path, Func<T> function)
    {
        try { return function(); }
        catch (Exception e) when (IsStorage(e)) { throw Refusal(path, e); }
    }

    /// <summary>Removes a temporary while another failure is on its way; that one is what the user must see.</summary>
    internal static void RemoveFile(string path)
    {
        try { File.Delete(path); } catch (Exception e) when (IsStorage(e)) { }
    }

    /// <inheritdoc cref="RemoveFile"/>
    internal static void RemoveFolder(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (IsStorage(e))
        {
        }
    }
}
