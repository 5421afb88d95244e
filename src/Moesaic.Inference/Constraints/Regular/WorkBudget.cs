using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>Counts the steps of building automata, so that no schema takes longer than a second.</summary>
sealed class WorkBudget
{
    long left = GrammarLimits.Steps;

    /// <exception cref="BadRequestException">Nothing is left.</exception>
    public void Spend(long steps)
    {
        if ((left -= steps) < 0) throw TooLarge();
    }

    /// <exception cref="BadRequestException">There are more states than one automaton may have.</exception>
    public static void CheckStates(int states)
    {
        if (states > GrammarLimits.States) throw TooLarge();
    }

    static BadRequestException TooLarge() => new(
        "needs an automaton that is too large. Use smaller bounds, fewer repetitions ({n,m}) or fewer values.");
}
