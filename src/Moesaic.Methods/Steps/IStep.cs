namespace Moesaic.Methods.Steps;

/// <summary>
/// One step of a recipe: a checkpoint folder in, a checkpoint folder or a measurement out. An instance carries its
/// options and is planned and then run once. Mistakes of the user are <see cref="Moesaic.Formats.BadRequestException"/>
/// or <see cref="Moesaic.Formats.BadModelException"/>, from <see cref="Plan"/> wherever they can be seen that early.
/// </summary>
public interface IStep
{
    /// <summary>True when the step writes a checkpoint that the next step reads; false when it only measures.</summary>
    bool WritesModel { get; }

    /// <summary>Checks the options against the model's outline and says what running will cost. Reads no weights.</summary>
    StepPlan Plan(PlanContext context);

    /// <summary>
    /// Does the work; deterministic for the context's seed whatever the number of threads. Called again after a kill
    /// with the same work folder, it goes on from what it saved there and ends with the same bytes.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled; the work folder holds what is needed to go on.</exception>
    StepReport Run(StepContext context);
}
