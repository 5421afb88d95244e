namespace Moesaic.Methods.Training;

/// <summary>Over which tokens the loads and means of router objectives are taken (Qiu et al. 2025, "Demons in the detail").</summary>
public enum LoadBalanceOver
{
    /// <summary>Those of a pass: every pass is balanced by itself, so that the step depends on rows_per_pass.</summary>
    Pass,

    /// <summary>Those of the whole step, however many passes it takes. Of more than one, each is then run forward once more.</summary>
    Batch,
}
