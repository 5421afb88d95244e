using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>Reads the model of a training step in the form in which it is trained, and writes what came of it.</summary>
static class TrainedModel
{
    public static LoadedModel Load(OptimisationOptions options, StepContext context)
    {
        if (options.Lora is { } lora) return ModelFolder.Load(context.InputFolder, WeightStorage.Stored, new LoraStart(lora, context.Seed).Beside);
        var trained = options.ToTrainingOptions(1);
        return ModelFolder.Load(context.InputFolder, WeightStorage.Float32, options.Weights == WeightPrecision.F32 ? null
            : (_, role, matrix) => trained.Trains(role) ? new RoundedMatrix(matrix.Dense) : matrix);
    }

    public static SavedModel Save(Model model, OptimisationOptions options, StepContext context)
    {
        var save = new SaveOptions { Type = options.Type, SideFilesFrom = context.InputFolder };
        if (options.Lora is not { Result: LoraResult.Kept }) return ModelFolder.Save(model, context.OutputFolder, save, context.Cancellation);
        var basis = AdapterFolder.Is(context.InputFolder) ? AdapterFolder.BaseOf(context.InputFolder) : context.InputFolder;
        return AdapterFolder.Save(model, basis, context.OutputFolder, save, context.Cancellation);
    }
}
