using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 1 of the router: what it reads, where that is not the token's hidden state alone.</summary>
public interface IRouterKey
{
    /// <summary>The keys of T tokens, with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], the experts' input.</param>
    /// <param name="input">Sequences, tasks, tokens.</param>
    /// <returns>[T, width of the key].</returns>
    Tensor Of(Workspace workspace, Tensor x, PassInput input);
}
