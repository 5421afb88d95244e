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
