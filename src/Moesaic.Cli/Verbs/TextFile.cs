using System.Text;
using Moesaic.Formats;

namespace Moesaic.Cli.Verbs;

/// <summary>A text that an option names by its file.</summary>
static class TextFile
{
    /// <exception cref="BadRequestException">It cannot be read, or is not UTF-8.</exception>
    public static string Read(string option, string file)
    {
        try
        {
            return File.ReadAllText(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new BadRequestException($"{option} {file} cannot be read as UTF-8 text: {e.Message}", e);
        }
    }
}
