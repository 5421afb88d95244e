using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>How hidden states become queries, keys and values.</summary>
interface IHeadProjections
{
    /// <summary>Projects and rotates.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], normed.</param>
    /// <param name="positions">T positions.</param>
    /// <returns>[T, H·W], [T, Hkv·W] and [T, Hkv·W] with W = <see cref="AttentionSpec.PaddedDim"/>.</returns>
    (Tensor Queries, Tensor Keys, Tensor Values) Forward(Workspace workspace, Tensor x, ReadOnlyMemory<int> positions);
}
