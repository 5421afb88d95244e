using System.Text;

namespace Moesaic.Inference;

/// <summary>The text of a generation: collected, and written on as soon as it is certain.</summary>
sealed class GeneratedText(ContinuationDecoder decoder, StopScanner stops, Action<string>? write)
{
    readonly StringBuilder text = new();

    /// <summary>Takes a token.</summary>
    /// <returns>Whether a stop string is complete.</returns>
    public bool Push(int id) => Add(decoder.Push(id));

    /// <summary>Takes the end.</summary>
    /// <returns>Whether the text ended with a stop string.</returns>
    public bool Finish()
    {
        if (stops.Stopped || Add(decoder.Flush())) return true;
        Write(stops.Flush());
        return false;
    }

    bool Add(string piece)
    {
        Write(stops.Push(piece));
        return stops.Stopped;
    }

    void Write(string piece)
    {
        if (piece.Length == 0) return;
        text.Append(piece);
        write?.Invoke(piece);
    }

    public override string ToString() => text.ToString();
}
