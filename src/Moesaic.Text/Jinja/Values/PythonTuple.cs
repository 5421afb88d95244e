namespace Moesaic.Text.Jinja.Values;

/// <summary>An immutable sequence.</summary>
sealed record PythonTuple(IReadOnlyList<object?> Items);
