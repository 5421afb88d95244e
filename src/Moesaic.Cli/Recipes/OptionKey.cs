using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>One key of an options record, as reflection finds it.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2067", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
[UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
sealed class OptionKey
{
    static readonly NullabilityInfoContext Nullability = new();

    OptionKey(PropertyInfo property)
    {
        Property = property;
        Name = SnakeCase.Of(property.Name);
        Type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        Required = property.IsDefined(typeof(RequiredMemberAttribute))
            || Parameters(property.DeclaringType!).Any(p => p.Name == property.Name && !p.HasDefaultValue);
        Unit = property.GetCustomAttribute<UnitAttribute>()?.Name;
        Rules = [.. property.GetCustomAttributes<ValidationAttribute>()];
        lock (Nullability) MayBeNull = Nullability.Create(property).WriteState is NullabilityState.Nullable;
    }

    public PropertyInfo Property { get; }

    public string Name { get; }

    /// <summary>The property's type without its question mark.</summary>
    public Type Type { get; }

    public bool MayBeNull { get; }

    public bool Required { get; }

    public string? Unit { get; }

    public IReadOnlyList<ValidationAttribute> Rules { get; }

    /// <summary>The keys of an options record in the order of its declaration.</summary>
    public static IReadOnlyList<OptionKey> Of(Type options) =>
    [
        .. options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is not null).Select(p => new OptionKey(p)),
    ];

    /// <summary>A new record with every default in place; required keys are still to be set.</summary>
    public static object Fresh(Type options) => Activator.CreateInstance(options, [.. Parameters(options).Select(Default)])!;

    // Those of a record that is declared by its parameters; others are made without.
    static IEnumerable<ParameterInfo> Parameters(Type options) =>
        options.GetConstructor(Type.EmptyTypes) is null && options.GetConstructors() is [var constructor] ? constructor.GetParameters() : [];

    static object? Default(ParameterInfo parameter) => parameter.HasDefaultValue ? parameter.DefaultValue
        : parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
        : ElementOf(parameter.ParameterType) is { } element ? Array.CreateInstance(element, 0) : null;

    /// <summary>The type of the elements when this is a list type, else null.</summary>
    public static Type? ElementOf(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0]
        : null;

    /// <summary>The type of the values when this is a mapping from names, else null.</summary>
    public static Type? ValueOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)
            ? type.GetGenericArguments()[1] : null;

    /// <summary>True for a record of keys, false for a scalar, list or mapping from names.</summary>
    public static bool IsRecord(Type type) =>
        type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type);
}
