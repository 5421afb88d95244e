using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training.Balance;

/// <summary>Changes something between steps by what the routers did in the last one.</summary>
interface IBalanceController
{
    /// <summary>Objectives of the next step whose coefficients it sets.</summary>
    IEnumerable<BalanceTerm> Terms { get; }

    /// <summary>All that it remembers, by name; saved with a training that is interrupted.</summary>
    IEnumerable<(string Name, Tensor Value)> State { get; }

    /// <summary>Whether the state is in no tensor of the model, so that a later training needs it beside the model.</summary>
    bool OutlivesModel { get; }

    /// <summary>Called after the optimiser.</summary>
    /// <param name="step">Of the step just taken, from 0.</param>
    /// <param name="ledger">Over all its passes.</param>
    void After(int step, BalanceLedger ledger);
}
