using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Runs a compiled pattern over one text by backtracking. Alternatives wait on a stack of its own, so that neither a
/// long text nor a pattern can exhaust the thread's.
/// </summary>
ref struct PatternMatcher(Pattern pattern, ReadOnlySpan<char> text)
{
    readonly ReadOnlySpan<char> text = text;
    readonly Instruction[] code = pattern.Code;
    // A resumption: instruction, position, and for a single-character loop how far it may still give or take.
    (int At, int Position, int Limit)[] stack = new (int, int, int)[32];
    int top;
    long stepsLeft;

    const int Plain = int.MinValue;

    /// <summary>Finds the first match at or behind a position.</summary>
    public bool Find(int from, out int start, out int end)
    {
        for (start = from; ; )
        {
            stepsLeft = Pattern.MostSteps + 100L * (text.Length - start);
            end = Run(0, start);
            if (end >= 0) return true;
            if (start >= text.Length) return false;
            CodePoints.At(text, start, out var length);
            start += length;
        }
    }

    /// <summary>The end of the match that starts here, or -1.</summary>
    int Run(int at, int position)
    {
        var floor = top;
        while (true)
        {
            if (--stepsLeft < 0) throw new BadModelException(
                $"{pattern.Source}: the regular expression {pattern.Text} tries too many ways on this text. Simplify it.");
            ref readonly var step = ref code[at];
            var fails = false;
            switch (step.Operation)
            {
                case Operation.Done:
                    top = floor;
                    return position;
                case Operation.One:
                    fails = !One(step.Set!, ref position);
                    at++;
                    break;
                case Operation.Greedy or Operation.Possessive:
                    var least = position;
                    var count = 0;
                    while (count < step.Max && One(step.Set!, ref position))
                        if (++count == step.Min) least = position;
                    fails = count < step.Min;
                    if (!fails && step.Operation == Operation.Greedy && position > least) Push(at, position, least);
                    at++;
                    break;
                case Operation.Lazy:
                    var taken = 0;
                    while (taken < step.Min && One(step.Set!, ref position)) taken++;
                    fails = taken < step.Min;
                    if (!fails && step.Max > step.Min) Push(at, position, step.Max - step.Min);
                    at++;
                    break;
                case Operation.Split:
                    Push(step.Other, position, Plain);
                    at = step.Target;
                    break;
                case Operation.Jump:
                    at = step.Target;
                    break;
                case Operation.Ahead:
                    fails = Run(at + 1, position) < 0;
                    at = step.Target;
                    break;
                case Operation.NotAhead:
                    fails = Run(at + 1, position) >= 0;
                    at = step.Target;
                    break;
                case Operation.Atomic:
                    var end = Run(at + 1, position);
                    fails = end < 0;
                    position = end;
                    at = step.Target;
                    break;
                default:
                    fails = !Holds(step, position);
                    at++;
                    break;
            }
            if (fails && !Resume(floor, ref at, ref position)) return -1;
        }
    }

    readonly bool One(CharacterSet set, ref int position)
    {
        if (position >= text.Length) return false;
        var codePoint = CodePoints.At(text, position, out var length);
        if (!set.Contains(codePoint)) return false;
        position += length;
        return true;
    }

    readonly bool Holds(in Instruction step, int position) => step.Operation switch
    {
        Operation.Behind => Before(step.Set!, position),
        Operation.NotBehind => !Before(step.Set!, position),
        Operation.LineStart => position == 0 || text[position - 1] == '\n',
        Operation.LineEnd => position == text.Length || text[position] == '\n',
        Operation.TextStart => position == 0,
        Operation.TextEnd => position == text.Length,
        _ => throw new InvalidOperationException($"no meaning for {step.Operation}"),
    };

    readonly bool Before(CharacterSet set, int position) =>
        position > 0 && set.Contains(CodePoints.At(text, CodePoints.Before(text, position), out _));

    bool Resume(int floor, ref int at, ref int position)
    {
        while (top > floor)
        {
            (at, position, var limit) = stack[--top];
            if (limit == Plain) return true;
            ref readonly var loop = ref code[at];
            if (loop.Operation == Operation.Greedy)
            {
                position = CodePoints.Before(text, position);
                if (position > limit) Push(at, position, limit);
            }
            else
            {
                if (!One(loop.Set!, ref position)) continue;
                if (limit > 1) Push(at, position, limit - 1);
            }
            at++;
            return true;
        }
        return false;
    }

    void Push(int at, int position, int limit)
    {
        if (top == stack.Length) Array.Resize(ref stack, stack.Length * 2);
        stack[top++] = (at, position, limit);
    }
}
