using Moesaic.Models.Experts;

namespace Moesaic.Methods.Training;

/// <summary>How many experts a token uses at a step: a line from a larger number down to the router's own. Of the step alone.</summary>
/// <param name="From">At step 0.</param>
/// <param name="Steps">The step from which on routers choose their own number.</param>
public sealed record ChosenSchedule(int From, int Steps)
{
    /// <summary>At a step, 0 being the first.</summary>
    public ChosenAnneal At(int step) => step >= Steps ? default : new ChosenAnneal(From, 1 - (step / (double)Steps));
}
