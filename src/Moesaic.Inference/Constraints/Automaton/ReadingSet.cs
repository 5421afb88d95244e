using System.Runtime.InteropServices;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>One way to read the text so far: inside a terminal, with what comes behind it.</summary>
readonly record struct Reading(Terminal Terminal, int State, Frame Behind);

/// <summary>All ways to read the text so far. Empty and not final: the text is wrong.</summary>
sealed class ReadingSet
{
    readonly List<Reading> readings = [];
    HashSet<Reading>? many;

    public ReadOnlySpan<Reading> Readings => CollectionsMarshal.AsSpan(readings);

    /// <summary>Whether one of the ways is a complete text.</summary>
    public bool IsFinal { get; private set; }

    public bool IsEmpty => readings.Count == 0 && !IsFinal;

    public void Clear()
    {
        readings.Clear();
        many?.Clear();
        IsFinal = false;
    }

    public void CopyFrom(ReadingSet other)
    {
        Clear();
        foreach (var reading in other.Readings) Add(reading);
        IsFinal = other.IsFinal;
    }

    /// <summary>Becomes what one byte makes of another set.</summary>
    public void Step(ReadingSet from, byte value)
    {
        Clear();
        foreach (var reading in from.Readings)
        {
            var next = reading.Terminal.Next(reading.State, value);
            if (next != Terminal.Dead) Arrive(reading with { State = next });
        }
    }

    /// <summary>Becomes what one token that is no text makes of another set.</summary>
    public void StepToken(ReadingSet from, int token)
    {
        Clear();
        foreach (var reading in from.Readings)
            if (reading.Terminal is TokenTerminal terminal && terminal.Token == token) Return(reading.Behind);
    }

    /// <summary>Adds the beginnings of a rule.</summary>
    /// <param name="rule">One that can be completed at this nesting.</param>
    /// <param name="behind">What comes behind it.</param>
    public void Enter(Rule rule, Frame behind)
    {
        switch (rule)
        {
            case Rule.Leaf leaf:
                Arrive(new Reading(leaf.Terminal, leaf.Terminal.Start, behind));
                break;
            case Rule.Sequence sequence:
                EnterItem(sequence, 0, behind);
                break;
            case Rule.Choice choice:
                foreach (var option in choice.Options) EnterIfPossible(option, behind);
                break;
            case Rule.Repeat repeat:
                EnterRepeat(repeat, 0, behind);
                break;
            case Rule.Nested nested:
                Enter(nested.Body, behind.Push(nested, 0));
                break;
            case Rule.Later later:
                Enter(later.Body, behind);
                break;
        }
    }

    /// <summary>Adds what comes behind a part that is complete.</summary>
    public void Return(Frame frame)
    {
        switch (frame.Rule)
        {
            case null:
                IsFinal = true;
                break;
            case Rule.Sequence sequence:
                EnterItem(sequence, frame.At, frame.Below!);
                break;
            case Rule.Repeat repeat:
                EnterRepeat(repeat, frame.At, frame.Below!);
                break;
            default:
                Return(frame.Below!);
                break;
        }
    }

    void EnterItem(Rule.Sequence sequence, int at, Frame behind)
    {
        if (at == sequence.Items.Length) Return(behind);
        // Behind the last item nothing of the sequence is left: no frame, so that lists do not grow the stack.
        else Enter(sequence.Items[at], at + 1 == sequence.Items.Length ? behind : behind.Push(sequence, at + 1));
    }

    void EnterRepeat(Rule.Repeat repeat, int count, Frame behind)
    {
        if (count >= repeat.Least) Return(behind);
        if (count == repeat.Most) return;
        // Where there is no limit, it suffices to know that there are enough.
        var next = repeat.Most == Rule.Repeat.Unlimited ? Math.Min(count + 1, repeat.Least) : count + 1;
        EnterIfPossible(repeat.Item, behind.Push(repeat, next));
    }

    void EnterIfPossible(Rule rule, Frame behind)
    {
        if (rule.Depth <= GrammarLimits.Nesting - behind.Nesting) Enter(rule, behind);
    }

    void Arrive(Reading reading)
    {
        if (reading.Terminal.GoesOn(reading.State) && !Add(reading)) return;
        if (reading.Terminal.Accepts(reading.State)) Return(reading.Behind);
    }

    bool Add(Reading reading)
    {
        if (readings.Count < 12)
        {
            if (readings.Contains(reading)) return false;
        }
        else
        {
            many ??= [];
            if (many.Count == 0) many.UnionWith(readings);
            if (!many.Add(reading)) return false;
            if (readings.Count == GrammarLimits.Threads)
                throw new BadRequestException($"The schema can be read in more than {GrammarLimits.Threads} ways at once; " +
                    "make the alternatives of anyOf differ earlier in the text, for example by a first property with a const.");
        }
        readings.Add(reading);
        return true;
    }
}
