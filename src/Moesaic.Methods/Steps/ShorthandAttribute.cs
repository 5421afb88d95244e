namespace Moesaic.Methods.Steps;

/// <summary>A single value may stand for the whole record, as "data: docs" for "data: { path: docs }".</summary>
/// <param name="property">The property that the single value sets.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ShorthandAttribute(string property) : Attribute
{
    /// <summary>Name of the property, as nameof gives it.</summary>
    public string Property { get; } = property;
}
