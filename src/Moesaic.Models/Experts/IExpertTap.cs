using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// Stands in a pass where experts compute the rows that were dispatched to them: to look at what they give, or to compute more than the
/// pass needs. What it gives back is combined as ever.
/// </summary>
public interface IExpertTap
{
    /// <summary>The outputs of the experts, for example <c>layer.Outputs(workspace, x, dispatch)</c>.</summary>
    /// <param name="workspace">The pass; not recorded.</param>
    /// <param name="layer">The mixture.</param>
    /// <param name="x">[T, D]: what the experts read.</param>
    /// <param name="routing">What the router decided.</param>
    /// <param name="dispatch">The same, sorted by expert.</param>
    /// <returns>[R, D], a row for each row of the dispatch.</returns>
    Tensor Outputs(Workspace workspace, MixtureFeedForward layer, Tensor x, in Routing routing, in Dispatch dispatch);
}
