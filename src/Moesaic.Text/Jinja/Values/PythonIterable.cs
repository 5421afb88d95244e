namespace Moesaic.Text.Jinja.Values;

/// <summary>Something to run over that can not be indexed: a view of a dictionary, or what a lazy filter yields.</summary>
/// <param name="Kind">What Python calls it.</param>
/// <param name="Items">What it yields.</param>
/// <param name="HasLength">Whether Python can tell its length: true for views, false for generators.</param>
sealed record PythonIterable(string Kind, IReadOnlyList<object?> Items, bool HasLength);
