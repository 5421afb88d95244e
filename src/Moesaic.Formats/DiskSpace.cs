using System.Globalization;

namespace Moesaic.Formats;

/// <summary>Asks whether an output fits before hours are spent on it.</summary>
public static class DiskSpace
{
    const long Margin = 16 << 20;

    /// <summary>
    /// Bytes free for this user on the disk that holds <paramref name="path"/> (which must exist); null when the
    /// system does not say.
    /// </summary>
    public static long? Available(string path)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(path)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Refuses when <paramref name="bytes"/> and a margin of 16 MiB do not fit.</summary>
    /// <param name="path">An existing folder on the disk in question.</param>
    /// <param name="bytes">What will be written.</param>
    /// <param name="output">Named in the message.</param>
    public static void Require(string path, long bytes, string output)
    {
        if (Available(path) is { } free && free - Margin < bytes)
            throw new BadRequestException(string.Create(CultureInfo.InvariantCulture,
                $"{output} needs {bytes / 1e9:F2} GB, the disk has {free / 1e9:F2} GB free. ")
                + "Free space or choose another output.");
    }
}
