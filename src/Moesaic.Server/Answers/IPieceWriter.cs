using Moesaic.Inference;

namespace Moesaic.Server.Answers;

/// <summary>Makes events of pieces.</summary>
interface IPieceWriter
{
    /// <summary>Sends what a piece says, if anything.</summary>
    Task SendAsync(EventStream events, int prompt, GenerationPiece piece);

    /// <summary>Sends what is known at the end only, if it was asked for.</summary>
    Task SendEndAsync(EventStream events);
}
