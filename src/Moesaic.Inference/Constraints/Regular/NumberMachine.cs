using System.Numerics;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>What a schema wants of a number.</summary>
sealed record NumberWants
{
    public bool IsInteger { get; init; }

    public List<(DecimalText Value, bool Exclusive)> Minima { get; init; } = [];

    public List<(DecimalText Value, bool Exclusive)> Maxima { get; init; } = [];

    public List<DecimalText> Multiples { get; init; } = [];

    public bool IsPlain => Minima.Count + Maxima.Count + Multiples.Count == 0;
}

/// <summary>
/// Automata over the digits of numbers, written without exponent. Bounds are kept by comparing digits as they come: what is read
/// so far stands to the bound's first digits as less, equal or more, and the number of digits before the point decides the rest.
/// </summary>
static class NumberMachine
{
    const int IntegerDigits = 18, NumberDigits = 15, UsualFraction = 6, LargestDivisor = 2000;

    static readonly int[] Bounds = [0, .. "-./0123456789".Select(c => (int)c).Order(), ':'];

    /// <summary>Whole digits so far, fraction digits so far (-1 before the point), order against a bound, remainder.</summary>
    readonly record struct State(bool Negative, int Whole, int Fraction, int Order, bool IsZero, int Remainder);

    /// <returns>An automaton, empty when no number fits.</returns>
    /// <exception cref="BadRequestException">More digits or states would be needed than there are.</exception>
    public static CharAutomaton Build(NumberWants wants, WorkBudget budget)
    {
        var values = wants.Minima.Concat(wants.Maxima).Select(b => b.Value).Concat(wants.Multiples).ToList();
        var (whole, fraction) = (IntegerDigits, 0);
        if (!wants.IsInteger)
        {
            fraction = values.Max(v => v.Fraction.Length);
            if (wants.Multiples.Count == 0) fraction = Math.Max(fraction, UsualFraction);
            var wide = values.Max(v => v.Whole.Length);
            if (wide <= NumberDigits && wide + fraction > NumberDigits) fraction = Math.Max(NumberDigits - wide, values.Max(v => v.Fraction.Length));
            if (fraction >= NumberDigits || (wide <= NumberDigits && wide + fraction > NumberDigits))
                throw new BadRequestException($"needs numbers of more than {NumberDigits} digits, which no reader holds exactly");
            whole = NumberDigits - fraction;
        }
        if (wants.Minima.Count > 0 && wants.Maxima.Count > 0) whole = Math.Min(whole, Math.Max(1, values.Max(v => v.Whole.Length)));
        var divisors = wants.Multiples.ConvertAll(multiple => Divisor(multiple, wants.IsInteger, fraction));
        foreach (var divisor in divisors) whole = Math.Min(whole, GrammarLimits.States / (4 * divisor));
        // Each automaton compares with one bound or keeps one remainder.
        return wants.Minima.Select(b => Compared(b.Value, sign => b.Exclusive ? sign > 0 : sign >= 0))
            .Concat(wants.Maxima.Select(b => Compared(b.Value, sign => b.Exclusive ? sign < 0 : sign <= 0)))
            .Concat(divisors.Select(Divided))
            .Aggregate((a, b) => a.And(b, budget));

        CharAutomaton Compared(DecimalText bound, Func<int, bool> fits) =>
            Digits(whole, fraction, bound, 1, state => fits(Compare(state, bound)), budget);

        CharAutomaton Divided(int by) => Digits(whole, fraction, null, by, state =>
        {
            var rest = state.Remainder;
            for (var digit = Math.Max(state.Fraction, 0); digit < fraction; digit++) rest = rest * 10 % by;
            return rest == 0;
        }, budget);
    }

    /// <summary>What divides the digits of a multiple, read as an integer.</summary>
    static int Divisor(DecimalText multiple, bool ofIntegers, int fraction)
    {
        var scale = multiple.Fraction.Length;
        var divisor = multiple.Scaled(scale);
        // An integer that is a multiple of 25/10 is one of 5: what 10 does not take care of.
        if (ofIntegers) divisor /= BigInteger.GreatestCommonDivisor(divisor, BigInteger.Pow(10, scale));
        else divisor *= BigInteger.Pow(10, fraction - scale);
        return divisor <= LargestDivisor ? (int)divisor : throw new BadRequestException(
            $"needs more than {LargestDivisor} remainders to be told apart; use a smaller number or fewer digits behind the point");
    }

    static CharAutomaton Digits(int whole, int fraction, DecimalText? bound, int divisor, Func<State, bool> fits, WorkBudget budget) =>
        CharAutomaton.Explore<State>(
            Bounds, new State(false, 0, -1, 0, true, 0),
            (state, kind) => Follow(state, (char)Bounds[kind], whole, fraction, bound, divisor),
            // Minus zero is no number of ours: it would have to be compared as zero.
            state => state.Whole > 0 && state.Fraction != 0 && !(state.Negative && state.IsZero) && fits(state), budget);

    static State? Follow(State state, char c, int whole, int fraction, DecimalText? bound, int divisor)
    {
        if (c == '-') return state is { Negative: false, Whole: 0 } ? state with { Negative = true } : null;
        // Only a bound cares how many digits there were before the point.
        if (c == '.')
            return state is { Whole: > 0, Fraction: -1 } && fraction > 0 ? state with { Fraction = 0, Whole = bound is null ? 1 : state.Whole } : null;
        if (!char.IsAsciiDigit(c)) return null;
        var digit = c - '0';
        var order = state.Order == 0 && bound is { } b ? Order(state, digit, b) : state.Order;
        var read = state with { Order = order, IsZero = state.IsZero && digit == 0, Remainder = ((state.Remainder * 10) + digit) % divisor };
        if (state.Fraction >= 0) return state.Fraction < fraction ? read with { Fraction = state.Fraction + 1 } : null;
        // No digit behind a leading zero.
        return state.Whole < whole && state is not { Whole: 1, IsZero: true } ? read with { Whole = state.Whole + 1 } : null;
    }

    static int Order(State state, int digit, DecimalText bound)
    {
        var width = Width(bound);
        if (state.Fraction < 0) return state.Whole < width ? digit.CompareTo(bound.Digit(state.Whole, width)) : 0;
        // With another number of digits before the point, these do not matter.
        return state.Whole == width ? digit.CompareTo(bound.Digit(width + state.Fraction, width)) : 0;
    }

    // A bound below 1 counts as having the digit 0 before the point.
    static int Width(DecimalText bound) => Math.Max(1, bound.Whole.Length);

    /// <summary>The sign of a complete number minus the bound.</summary>
    static int Compare(State state, DecimalText bound)
    {
        if (state.Negative != bound.IsNegative) return state.Negative ? -1 : 1;
        var size = state.Whole.CompareTo(Width(bound));
        if (size == 0)
        {
            size = state.Order;
            // What the bound has more behind the point makes it the greater one.
            if (size == 0 && bound.Fraction.Length > Math.Max(state.Fraction, 0)) size = -1;
        }
        return state.Negative ? -size : size;
    }
}
