namespace Moesaic.Text.Tokenizers;

/// <summary>What an instruction of a compiled pattern does.</summary>
enum Operation
{
    /// <summary>The whole pattern, or the enclosing group, has matched.</summary>
    Done,

    /// <summary>One code point of the set.</summary>
    One,

    /// <summary>Min to Max code points of the set, as many as possible first.</summary>
    Greedy,

    /// <summary>Min to Max code points of the set, as few as possible first.</summary>
    Lazy,

    /// <summary>Min to Max code points of the set, as many as possible, never fewer.</summary>
    Possessive,

    /// <summary>Try Target first, then Other.</summary>
    Split,

    /// <summary>Continue at Target.</summary>
    Jump,

    /// <summary>The group that follows matches here (and no text is consumed); continue at Target.</summary>
    Ahead,

    /// <summary>The group that follows does not match here; continue at Target.</summary>
    NotAhead,

    /// <summary>The group that follows matches, without second thoughts; continue at Target behind it.</summary>
    Atomic,

    /// <summary>The code point before is of the set.</summary>
    Behind,

    /// <summary>There is no code point of the set before.</summary>
    NotBehind,

    /// <summary>At the start of the text or behind a line feed.</summary>
    LineStart,

    /// <summary>At the end of the text or before a line feed.</summary>
    LineEnd,

    /// <summary>At the start of the text.</summary>
    TextStart,

    /// <summary>At the end of the text.</summary>
    TextEnd,
}

/// <summary>One step of a compiled pattern. Which fields matter, the operation says.</summary>
readonly record struct Instruction(
    Operation Operation, CharacterSet? Set = null, int Min = 0, int Max = 0, int Target = 0, int Other = 0);
