using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Tensors.Optimization;

namespace Moesaic.Methods.Training;

/// <summary>Which tensors of a model a run trains.</summary>
static class TrainedParameters
{
    /// <summary>Marks those that need gradients: of a model with adapters these alone, else all of the trained roles.</summary>
    /// <exception cref="InvalidOperationException">A matrix to be trained is encoded.</exception>
    public static List<TrainedParameter> Mark(Model model, TrainingOptions options)
    {
        var adapted = model.Parameters.Any(p => p.Matrix is AdaptedMatrix);
        List<TrainedParameter> trained = [];
        foreach (var parameter in model.Parameters)
        {
            var trains = options.Trains(parameter.Role);
            if (parameter.Matrix is AdaptedMatrix adapter)
            {
                Mark($"{parameter.Name}.lora_A", adapter.Down, trains, decays: true);
                Mark($"{parameter.Name}.lora_B", adapter.Up, trains, decays: true);
            }
            else if (parameter.Matrix.Master is not null || (trains && !adapted))
                Mark(parameter.Name, parameter.Value, trains && !adapted, decays: !parameter.IsVector);
        }
        return trained;

        void Mark(string name, Tensor value, bool trains, bool decays)
        {
            value.NeedsGradient = trains;
            if (trains) trained.Add(new(name, value, decays));
        }
    }
}
