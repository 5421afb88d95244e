namespace Moesaic.Models;

/// <summary>Which tokens compete for experts, where they compete: with a capacity, expert choice or an average.</summary>
public enum RoutingGroup
{
    /// <summary>Those of a sequence, so that what comes with it in a pass does not matter.</summary>
    Sequence,

    /// <summary>Those of a pass, whatever sequences they belong to.</summary>
    Pass,
}
