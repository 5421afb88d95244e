using System.Text;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>A text in the making that knows which of its characters the template wrote.</summary>
sealed class AuthoredText(Provenance provenance)
{
    readonly StringBuilder text = new();
    readonly List<(int Start, int End)> written = [];

    public int Length => text.Length;

    /// <summary>Appends a text with what is known of it.</summary>
    public AuthoredText Append(string part) => Append(part, 0, part.Length);

    /// <summary>Appends a part of a text with what is known of it.</summary>
    public AuthoredText Append(string whole, int start, int length)
    {
        foreach (var (from, to) in provenance.Of(whole))
            Mark(Math.Max(from, start) - start + text.Length, Math.Min(to, start + length) - start + text.Length);
        text.Append(whole, start, length);
        return this;
    }

    /// <summary>Appends what the template wrote.</summary>
    public AuthoredText AppendOwn(string part)
    {
        Mark(text.Length, text.Length + part.Length);
        text.Append(part);
        return this;
    }

    /// <summary>The ranges the template did not write, in order.</summary>
    public IReadOnlyList<Range> Given()
    {
        var given = new List<Range>();
        var open = 0;
        foreach (var (start, end) in written)
        {
            if (start > open) given.Add(open..start);
            open = end;
        }
        if (open < text.Length) given.Add(open..text.Length);
        return given;
    }

    public override string ToString()
    {
        var made = text.ToString();
        provenance.Record(made, written);
        return made;
    }

    void Mark(int start, int end)
    {
        if (start >= end) return;
        if (written.Count > 0 && written[^1].End == start) written[^1] = (written[^1].Start, end);
        else written.Add((start, end));
    }
}
