using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>Reads the model of a training step in the form in which it is trained, and writes what came of it.</summary>
static class TrainedModel
{
    public static LoadedModel Load(OptimisationOptions options, StepContext context)
    {
        if (options.Lora is { } lora)
        {
            if (lora.Base != LoraBase.Stored && AdapterFolder.Is(context.InputFolder))
                throw new BadRequestException($"{context.InputFolder} is an adapter, which goes on beside its model as that is stored; leave base out of lora.");
            var start = new LoraStart(lora, context.Seed);
            return lora.Base == LoraBase.Stored ? ModelFolder.Load(context.InputFolder, WeightStorage.Stored, start.Beside)
                : ModelFolder.Load(context.InputFolder, WeightStorage.Float32, (name, role, matrix) => start.Beside(name, role, FrozenMatrix.Of(matrix,
                    !lora.Roles.Contains(role) ? WeightEncoding.BF16 : lora.Base == LoraBase.Q8_0 ? WeightEncoding.Q8_0 : WeightEncoding.Q4_0)));
        }
        var trained = options.ToTrainingOptions(1);
        return ModelFolder.Load(context.InputFolder, WeightStorage.Float32, options.Weights == WeightPrecision.F32 ? null
            : (_, role, matrix) => trained.Trains(role) ? new RoundedMatrix(matrix.Dense) : matrix);
    }

    public static SavedModel Save(Trainer trainer, OptimisationOptions options, StepContext context)
    {
        var model = trainer.Model;
        var save = new SaveOptions { Type = options.Type, SideFilesFrom = context.InputFolder, ExtraFiles = BalanceFile.Write(trainer.Balance) };
        if (options.Lora is not { Result: LoraResult.Kept }) return ModelFolder.Save(model, context.OutputFolder, save, context.Cancellation);
        var basis = AdapterFolder.Is(context.InputFolder) ? AdapterFolder.BaseOf(context.InputFolder) : context.InputFolder;
        return AdapterFolder.Save(model, basis, context.OutputFolder, save, context.Cancellation);
    }
}
