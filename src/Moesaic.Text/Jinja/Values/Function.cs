using Moesaic.Text.Jinja.Runtime;

namespace Moesaic.Text.Jinja.Values;

/// <summary>Something callable: a global, a macro, a method bound to its value.</summary>
sealed record Function(string Name, Func<Arguments, Interpreter, object?> Body);
