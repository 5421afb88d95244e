using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>Where the matrices of a model come from, by the name, role and shape that the model gives them.</summary>
/// <param name="name">As in <see cref="ModelParameter.Name"/>.</param>
/// <param name="role">What it is for.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="columns">Length of a row.</param>
/// <returns>A matrix of that shape, which the model then owns.</returns>
public delegate WeightMatrix MatrixSource(string name, ParameterRole role, int rows, int columns);

/// <summary>Makes a model's parameters and keeps the list.</summary>
sealed class ParameterFactory(MatrixSource matrices)
{
    public List<ModelParameter> Parameters { get; } = [];

    public WeightMatrix Matrix(string name, ParameterRole role, int rows, int columns)
    {
        var matrix = matrices(name, role, rows, columns);
        if (matrix.Rows != rows || matrix.Columns != columns)
        {
            matrix.Dispose();
            throw new ArgumentException($"{name}: need {rows}x{columns}, got {matrix}");
        }
        Parameters.Add(new ModelParameter(name, role, matrix));
        return matrix;
    }

    /// <summary>A vector is always float32; zero until its values are read.</summary>
    public Tensor Vector(string name, ParameterRole role, int count)
    {
        var vector = new Tensor(1, count);
        Parameters.Add(new ModelParameter(name, role, vector) { IsVector = true });
        return vector;
    }
}
