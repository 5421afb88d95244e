namespace Moesaic.Methods.Steps;

/// <summary>The unit of an option, shown in the generated page of recipe keys: "tokens", "bytes", "nats".</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UnitAttribute(string name) : Attribute
{
    /// <summary>The unit, in the plural.</summary>
    public string Name { get; } = name;
}
