using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Moesaic.Formats;

namespace Moesaic.Methods.Steps;

/// <summary>The rules of options.</summary>
static class OptionRules
{
    /// <summary>Applies them where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
    public static void Check(object options)
    {
        var failures = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true))
            throw new BadRequestException(string.Join('\n', failures.Select(f => f.ErrorMessage)));
    }
}
