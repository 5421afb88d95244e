namespace Moesaic.Inference.Tests;

/// <summary>Allows everything, but takes its time.</summary>
sealed class SlowConstraint : ITokenConstraint
{
    public bool MayEnd => true;

    public void Mask(Span<uint> allowed)
    {
        Thread.Sleep(20);
        allowed.Fill(uint.MaxValue);
    }

    public void Accept(int token)
    {
    }

    public ITokenConstraint Clone() => new SlowConstraint();
}
