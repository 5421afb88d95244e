namespace Moesaic.Inference;

/// <summary>
/// What has to come behind the part that is being read: a stack as a list whose lists of the same content are the same object, so
/// that two ways of reading can be compared. Frames are shared by the states of one text.
/// </summary>
sealed class Frame
{
    Dictionary<(Rule, int), Frame>? above;

    Frame(Rule? rule, int at, Frame? below, int nesting) => (Rule, At, Below, Nesting) = (rule, at, below, nesting);

    /// <summary>The rule that goes on, or null at the bottom, where the text ends.</summary>
    public Rule? Rule { get; }

    /// <summary>The next item of a sequence; the items so far of a repetition.</summary>
    public int At { get; }

    public Frame? Below { get; }

    /// <summary>Arrays and objects that are open.</summary>
    public int Nesting { get; }

    public static Frame Bottom() => new(null, 0, null, 0);

    public Frame Push(Rule rule, int at)
    {
        above ??= [];
        if (above.TryGetValue((rule, at), out var known)) return known;
        var pushed = new Frame(rule, at, this, Nesting + (rule is Rule.Nested ? 1 : 0));
        above.Add((rule, at), pushed);
        return pushed;
    }
}
