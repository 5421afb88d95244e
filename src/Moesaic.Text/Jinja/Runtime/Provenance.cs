using System.Runtime.CompilerServices;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>
/// Which characters of the texts of one rendering the template wrote itself. All others, and every text of which nothing is
/// recorded, count as given: an operation that is not followed here makes given text out of the template's own, never the
/// other way round.
/// </summary>
/// <remarks>Texts are told apart by identity: two equal strings may have different authors.</remarks>
sealed class Provenance
{
    /// <summary>Weak, so that intermediate texts do not pile up.</summary>
    readonly ConditionalWeakTable<string, (int Start, int End)[]> written = [];

    /// <summary>Records that the template wrote a text.</summary>
    public string Own(string text)
    {
        if (text.Length > 0) written.TryAdd(text, [(0, text.Length)]);
        return text;
    }

    /// <summary>Records what the template wrote of a text: ranges in order that do not touch.</summary>
    public void Record(string text, IReadOnlyList<(int Start, int End)> ranges)
    {
        if (ranges.Count > 0) written.TryAdd(text, [.. ranges]);
    }

    /// <summary>The ranges of a text that the template wrote, in order.</summary>
    public ReadOnlySpan<(int Start, int End)> Of(string text) => written.TryGetValue(text, out var ranges) ? ranges : [];

    /// <summary>A value as printed. Numbers and the like can forge nothing and count as written by the template.</summary>
    public string Print(object? value) => value switch
    {
        string text => text,
        _ when IsOwn(value) && value is not PythonTuple and not List<object?> => Own(Python.Text(value)),
        _ => Python.Text(value),
    };

    /// <summary>A part of a text.</summary>
    public string Slice(string text, int start, int length)
    {
        if (length == text.Length) return text;
        var part = text.Substring(start, length);
        var ranges = Of(text);
        if (ranges.IsEmpty || length == 0) return part;
        var kept = new List<(int, int)>();
        foreach (var (from, to) in ranges)
            if (Math.Max(from, start) < Math.Min(to, start + length))
                kept.Add((Math.Max(from, start) - start, Math.Min(to, start + length) - start));
        Record(part, kept);
        return part;
    }

    /// <summary>
    /// The result of an operation that reads nothing but its operands: where all of them are the template's, so are the
    /// texts it makes.
    /// </summary>
    public object? Derive(object? result, object? operand, Arguments arguments)
    {
        if (result is not (string or List<object?> or PythonTuple) || !IsOwn(operand)) return result;
        foreach (var argument in arguments.Positional)
            if (!IsOwn(argument)) return result;
        foreach (var argument in arguments.Named.Values)
            if (!IsOwn(argument)) return result;
        switch (result)
        {
            case string text: Own(text); break;
            case List<object?> list: OwnAll(list); break;
            case PythonTuple tuple: OwnAll(tuple.Items); break;
        }
        return result;
    }

    void OwnAll(IReadOnlyList<object?> items)
    {
        foreach (var item in items)
            if (item is string text) Own(text);
    }

    bool IsOwn(object? value) => value switch
    {
        string text => text.Length == 0 || (Of(text) is [var (start, end)] && start == 0 && end == text.Length),
        PythonTuple tuple => AllOwn(tuple.Items),
        List<object?> list => AllOwn(list),
        null or Undefined => true,
        _ => Python.IsNumber(value),
    };

    bool AllOwn(IReadOnlyList<object?> items)
    {
        foreach (var item in items)
            if (item is List<object?> or PythonTuple || !IsOwn(item)) return false;
        return true;
    }
}
