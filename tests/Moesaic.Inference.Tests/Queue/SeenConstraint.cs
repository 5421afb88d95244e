namespace Moesaic.Inference.Tests;

/// <summary>Allows everything and tells when a text gets its first token.</summary>
sealed class SeenConstraint(Action begin) : ITokenConstraint
{
    bool begun;

    public bool MayEnd => true;

    public void Mask(Span<uint> allowed)
    {
        if (!begun) begin();
        begun = true;
        allowed.Fill(uint.MaxValue);
    }

    public void Accept(int token)
    {
    }

    public ITokenConstraint Clone() => new SeenConstraint(begin);
}
