using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>Makes a model's parameters and keeps the list.</summary>
sealed class ParameterFactory
{
    public List<ModelParameter> Parameters { get; } = [];

    public Tensor Matrix(string name, ParameterRole role, int rows, int columns)
    {
        var tensor = new Tensor(rows, columns);
        Parameters.Add(new ModelParameter(name, role, tensor));
        return tensor;
    }

    public Tensor Vector(string name, ParameterRole role, int count) => Matrix(name, role, 1, count);
}
