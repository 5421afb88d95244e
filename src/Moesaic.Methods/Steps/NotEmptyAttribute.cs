using System.Collections;
using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Steps;

/// <summary>A text or list of an option must have something in it; to leave the option out is another matter.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NotEmptyAttribute() : ValidationAttribute("{0} is empty")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value switch
    {
        string text => text.Length > 0,
        ICollection list => list.Count > 0,
        _ => true,
    };
}
