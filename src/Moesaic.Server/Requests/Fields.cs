using System.Net;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Requests;

/// <summary>Checks that many endpoints share.</summary>
static class Fields
{
    /// <summary>A field of the protocol that this server cannot honour.</summary>
    public static void Refuse(string name, JsonElement? value, string why)
    {
        if (value is not null) throw ApiException.Field(name, $"not supported: {why}.", "unsupported_field");
    }

    /// <summary>A field of which only one value makes sense here.</summary>
    public static void Only<T>(string name, T? value, string need, params ReadOnlySpan<T> allowed) where T : IEquatable<T>
    {
        if (value is not null && !allowed.Contains(value)) throw ApiException.Field(name, $"{value} is not supported; {need}.", "unsupported_value");
    }

    public static void Range(string name, int? value, int least, int most)
    {
        if (value < least || value > most) throw ApiException.Field(name, FormattableString.Invariant($"{value} is out of range; need {least} to {most}."), "out_of_range");
    }

    /// <summary>Does what fails when a field is wrong, and says which.</summary>
    public static T Named<T>(string name, Func<T> act, string? code = null)
    {
        try
        {
            return act();
        }
        catch (BadRequestException e) when (e is not ContextExceededException)
        {
            throw new ApiException(HttpStatusCode.BadRequest, $"{name}: {e.Message}", name, code, e);
        }
    }

    public static T Required<T>(string name, T? value) where T : class => value ?? throw ApiException.Field(name, "is needed.", "missing_field");

    public static void Model(string? given, string name)
    {
        if (given is not null && given != name)
            throw new ApiException(HttpStatusCode.NotFound, $"model: there is no model {given}; this server has {name}.", "model", "model_not_found");
    }

    public static void User(string name, string? user)
    {
        if (user?.Length > Limits.UserLength) throw ApiException.Field(name, $"has {user.Length} characters; need at most {Limits.UserLength}.", "out_of_range");
    }
}
