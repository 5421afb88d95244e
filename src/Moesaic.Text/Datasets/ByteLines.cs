namespace Moesaic.Text.Datasets;

/// <summary>Reads a file line by line as bytes, so that bad UTF-8 can be reported with its line.</summary>
static class ByteLines
{
    const int FirstBuffer = 1 << 16;

    /// <summary>
    /// The lines with their terminators, numbered from 1; a byte order mark is left out. The memory is valid until the
    /// next line is asked for.
    /// </summary>
    public static IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Read(string path)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[FirstBuffer];
        int start = 0, end = 0, number = 0, searched = 0;
        var done = false;
        while (true)
        {
            var newline = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            var length = newline >= 0 ? searched + newline + 1 : done ? end - start : 0;
            if (length > 0)
            {
                number++;
                var line = buffer.AsMemory(start, length);
                if (number == 1 && line.Span.StartsWith("\uFEFF"u8)) line = line[3..];
                yield return (number, line);
                start += length;
                searched = 0;
                continue;
            }
            if (done) yield break;
            searched = end - start;
            buffer.AsSpan(start, searched).CopyTo(buffer);
            (start, end) = (0, searched);
            if (end == buffer.Length) Array.Resize(ref buffer, checked(buffer.Length * 2));
            var read = file.Read(buffer, end, buffer.Length - end);
            done = read == 0;
            end += read;
        }
    }
}
