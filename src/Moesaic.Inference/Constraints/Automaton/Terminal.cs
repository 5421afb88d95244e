namespace Moesaic.Inference;

/// <summary>
/// A set of byte strings without nesting, as an automaton: the leaf of a grammar. States are numbers; from every state that
/// <see cref="Next"/> gives, some string of the set can still be completed.
/// </summary>
abstract class Terminal
{
    /// <summary>What <see cref="Next"/> says when no string goes on like this.</summary>
    public const int Dead = -1;

    public abstract int Start { get; }

    public abstract int Next(int state, byte value);

    /// <summary>Whether the bytes so far are a string of the set.</summary>
    public abstract bool Accepts(int state);

    /// <summary>Whether some string goes on from here.</summary>
    public abstract bool GoesOn(int state);
}

/// <summary>One byte string, not empty.</summary>
sealed class LiteralTerminal(byte[] bytes) : Terminal
{
    public ReadOnlySpan<byte> Bytes => bytes;

    public override int Start => 0;

    public override int Next(int state, byte value) => state < bytes.Length && bytes[state] == value ? state + 1 : Dead;

    public override bool Accepts(int state) => state == bytes.Length;

    public override bool GoesOn(int state) => state < bytes.Length;
}

/// <summary>One token that is no text.</summary>
sealed class TokenTerminal(int token) : Terminal
{
    public int Token => token;

    public override int Start => 0;

    public override int Next(int state, byte value) => Dead;

    public override bool Accepts(int state) => false;

    public override bool GoesOn(int state) => true;
}

/// <summary>A JSON string of any characters, counted in code points: states are a count and a state of <see cref="JsonStringBytes"/>.</summary>
/// <param name="least">Fewest code points.</param>
/// <param name="most">Most of them; <see cref="Unlimited"/> or more counts as no limit.</param>
sealed class JsonStringTerminal(int least, int most) : Terminal
{
    /// <summary>More code points than any context holds.</summary>
    public const int Unlimited = 1 << 24;

    const int Shift = 5;

    readonly bool limited = most < Unlimited;

    public override int Start => JsonStringBytes.Start;

    /// <summary>Whether the state is inside the string, between two characters.</summary>
    public static bool IsBody(int state) => (state & (JsonStringBytes.States - 1)) == JsonStringBytes.Body;

    /// <summary>Code points that are still needed.</summary>
    public int Need(int state) => Math.Max(0, least - (state >> Shift));

    /// <summary>Code points that may still come.</summary>
    public int Room(int state) => limited ? most - (state >> Shift) : int.MaxValue;

    public override int Next(int state, byte value)
    {
        int count = state >> Shift, inner = state & (JsonStringBytes.States - 1);
        var next = JsonStringBytes.Next(inner, value);
        if (next == JsonStringBytes.Dead) return Dead;
        if (inner == JsonStringBytes.Body)
        {
            if (next == JsonStringBytes.Closed) return count >= least ? JsonStringBytes.Closed : Dead;
            if (limited && count == most) return Dead;
            // Where there is no limit, it suffices to know that there are enough.
            if (limited || count < least) count++;
        }
        return count << Shift | next;
    }

    public override bool Accepts(int state) => state == JsonStringBytes.Closed;

    public override bool GoesOn(int state) => state != JsonStringBytes.Closed;
}
