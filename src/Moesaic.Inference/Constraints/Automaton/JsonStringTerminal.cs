namespace Moesaic.Inference;

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
