using Moesaic.Tensors;

namespace Moesaic.Models;

/// <summary>Makes a model's parameters and keeps the list.</summary>
sealed class ParameterFactory
{
    public List<ModelParameter> Parameters { get; } = [];

    public Tensor Matrix(string name, ParameterRole role, int rows, int columns) =>
        Add(new ModelParameter(name, role, new Tensor(rows, columns)));

    public Tensor Vector(string name, ParameterRole role, int count) =>
        Add(new ModelParameter(name, role, new Tensor(1, count)) { IsVector = true });

    Tensor Add(ModelParameter parameter)
    {
        Parameters.Add(parameter);
        return parameter.Value;
    }
}
