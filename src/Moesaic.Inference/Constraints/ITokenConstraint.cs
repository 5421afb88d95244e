namespace Moesaic.Inference;

/// <summary>
/// Says token by token what a text may be. It speaks of tokens that are text (and of special tokens that a grammar names);
/// the tokens that end a text are the <see cref="Sampler"/>'s business, which allows them exactly when <see cref="MayEnd"/>.
/// </summary>
/// <remarks>Holds the state of one text; for one thread.</remarks>
public interface ITokenConstraint
{
    /// <summary>Whether the text so far is complete.</summary>
    bool MayEnd { get; }

    /// <summary>Writes which tokens may come next. With none allowed the text is complete and has to end.</summary>
    /// <param name="allowed">Bit t mod 32 of word t / 32 becomes 1 when token t may come next; V / 32 words, rounded up.</param>
    void Mask(Span<uint> allowed);

    /// <summary>Takes the next token.</summary>
    /// <param name="token">One that the mask allows.</param>
    /// <exception cref="InvalidOperationException">The mask does not allow it.</exception>
    void Accept(int token);

    /// <summary>A constraint in the same state that goes its own way from here, on the same thread.</summary>
    ITokenConstraint Clone();
}
