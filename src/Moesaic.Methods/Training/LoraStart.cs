using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>
/// Puts adapters beside the matrices of a model as it is read: A uniform within ±1/√in as PEFT starts it (Kaiming with a = √5), B zero, so
/// that the model is unchanged at first. Adapters that are there already go on.
/// </summary>
/// <param name="options">Rank, scale, roles.</param>
/// <param name="seed">Of the random numbers.</param>
sealed class LoraStart(LoraOptions options, ulong seed)
{
    readonly Random random = new(unchecked((int)(seed ^ (seed >> 32))));

    /// <summary>As a <see cref="Models.Loading.MatrixChange"/>.</summary>
    /// <exception cref="BadRequestException">There is an adapter of another rank or scale.</exception>
    public WeightMatrix Beside(string name, ParameterRole role, WeightMatrix matrix)
    {
        if (matrix is AdaptedMatrix earlier)
            return earlier.Rank == options.Rank && earlier.Scale == options.Scale && options.Roles.Contains(role) ? earlier
                : throw new BadRequestException($"{name} has an adapter of rank {earlier.Rank} and alpha {earlier.Scale * earlier.Rank:0.###}, which can only " +
                    "be trained on with the same settings; to start others, train it with result: merged first.");
        if (!options.Roles.Contains(role)) return matrix;
        var down = new Tensor(options.Rank, matrix.Columns);
        var limit = 1 / Math.Sqrt(matrix.Columns);
        foreach (ref var value in down.Span) value = (float)(((2 * random.NextDouble()) - 1) * limit);
        return new AdaptedMatrix(matrix, down, new Tensor(matrix.Rows, options.Rank), options.Scale);
    }
}
