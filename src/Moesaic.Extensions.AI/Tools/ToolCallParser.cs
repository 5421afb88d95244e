namespace Moesaic.Extensions.AI;

/// <summary>
/// Reads one answer as it comes and tells calls from text. What looks like a call but is no JSON, or calls a function that is not there, stays text.
/// Calls come whole; white space next to them is dropped. For one answer and one thread.
/// </summary>
public sealed class ToolCallParser
{
    enum State { Text, Call, AfterCall, Plain }

    readonly ToolCallSyntax syntax;
    readonly IReadOnlySet<string> names;
    readonly bool parallel;
    readonly List<AnswerPart> parts = [];
    string pending = "";
    string before = "";     // white space and the mark that a call began with
    State state;
    JsonEnd json;
    int scanned;

    internal ToolCallParser(ToolCallSyntax syntax, ToolSet tools)
    {
        (this.syntax, parallel) = (syntax, tools.Parallel);
        names = tools.Functions.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        if (tools.Choice == ToolChoice.None) state = State.Plain;
    }

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Whether the answer is over because it may have one call and has it: what would follow is nobody's.</summary>
    public bool HasEnded => !parallel && Calls > 0;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>What became certain, in order; often nothing.</returns>
    public IReadOnlyList<AnswerPart> Push(string text)
    {
        parts.Clear();
        pending += text;
        while (!HasEnded && Advance()) { }
        return [.. parts];
    }

    /// <summary>Takes the end.</summary>
    /// <returns>The rest.</returns>
    public IReadOnlyList<AnswerPart> Finish()
    {
        parts.Clear();
        if (HasEnded) return [];
        // A call that was cut is text.
        if (state == State.Call) Say(before + pending);
        else if (Calls == 0 || !string.IsNullOrWhiteSpace(pending)) Say(pending);
        (pending, state) = ("", State.Plain);
        return [.. parts];
    }

    // Whether there may be more to do.
    bool Advance() => state switch
    {
        State.Text => syntax.Open.Length > 0 ? SeekMark() : SeekBrace(),
        State.Call => ReadCall(),
        State.AfterCall => SkipClose(),
        _ => SayAll(),
    };

    bool SayAll()
    {
        Say(pending);
        pending = "";
        return false;
    }

    bool SeekMark()
    {
        var at = pending.IndexOf(syntax.Open, StringComparison.Ordinal);
        // Text is certain as far as no mark and no white space before one can begin.
        var certain = pending.AsSpan(0, at >= 0 ? at : pending.Length - Overlap(pending, syntax.Open)).TrimEnd().Length;
        Say(pending[..certain]);
        if (at < 0)
        {
            pending = pending[certain..];
            return false;
        }
        Begin(at + syntax.Open.Length - certain, pending[certain..]);
        return true;
    }

    // Without a mark a call is the first thing in an answer, or it is none.
    bool SeekBrace()
    {
        var rest = pending.AsSpan().TrimStart();
        if (rest.Length == 0) return false;
        if (rest[0] == '{') Begin(pending.Length - rest.Length, pending);
        else state = State.Plain;
        return true;
    }

    void Begin(int mark, string text) => (before, pending, state, json, scanned) = (text[..mark], text[mark..], State.Call, default, 0);

    bool ReadCall()
    {
        var start = pending.Length - pending.AsSpan().TrimStart().Length;
        if (start == pending.Length) return false;
        if (pending[start] != (syntax.IsList ? '[' : '{')) return GiveUp();
        for (scanned = Math.Max(scanned, start); scanned < pending.Length; scanned++)
        {
            if (!json.Push(pending[scanned])) continue;
            if (ToolCallReader.Read(pending[start..(scanned + 1)], names) is not { } calls) return GiveUp();
            pending = pending[(scanned + 1)..];
            state = State.AfterCall;
            foreach (var call in parallel ? calls : calls.Take(1))
            {
                parts.Add(new AnswerPart("", call));
                Calls++;
            }
            return true;
        }
        return false;
    }

    // The mark is text; what follows it may hold another one.
    bool GiveUp()
    {
        Say(before);
        state = syntax.Open.Length > 0 ? State.Text : State.Plain;
        return true;
    }

    bool SkipClose()
    {
        var rest = pending.TrimStart();
        if (syntax.Close.Length > 0 && rest.StartsWith(syntax.Close, StringComparison.Ordinal)) rest = rest[syntax.Close.Length..];
        else if (rest.Length == 0 || Overlap(rest, syntax.Close) == rest.Length) return false;
        else if (syntax.Open.Length == 0 && rest[0] is ';' or ',') rest = rest[1..];
        else rest = pending;
        (pending, state) = (rest, State.Text);
        return true;
    }

    void Say(string text)
    {
        if (text.Length > 0) parts.Add(new AnswerPart(text));
    }

    // How many characters at the end of a text begin a mark.
    static int Overlap(string text, string mark)
    {
        for (var length = Math.Min(text.Length, mark.Length - 1); length > 0; length--)
            if (text.AsSpan(text.Length - length).SequenceEqual(mark.AsSpan(0, length))) return length;
        return 0;
    }
}
