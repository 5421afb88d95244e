using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>Tasks by name.</summary>
public static class TaskNames
{
    /// <summary>
    /// Refuses a model whose task names are not those that its routers count. Tasks without names go by <see cref="PassInput.Tasks"/> alone.
    /// </summary>
    /// <param name="spec">The model.</param>
    /// <param name="where">Where it was read from.</param>
    /// <exception cref="BadModelException">Names without a router by task, another number of them, one that is empty or there twice.</exception>
    public static void Check(ModelSpec spec, string where)
    {
        if (spec.Tasks.Count == 0) return;
        RouterSpec[] routers = [.. spec.Routers.Select(r => r.Router).Where(r => r.Key == RouterKey.Task)];
        if (routers.Length == 0) throw new BadModelException($"{where}: tasks are named, but no router decides by task");
        if (routers.FirstOrDefault(r => r.Keys != spec.Tasks.Count) is { } other)
            throw new BadModelException($"{where}: {spec.Tasks.Count} tasks are named, but a router decides by {other.Keys}");
        if (spec.Tasks.Any(string.IsNullOrWhiteSpace) || spec.Tasks.Distinct(StringComparer.Ordinal).Count() < spec.Tasks.Count)
            throw new BadModelException($"{where}: every task needs a name of its own");
    }

    /// <summary>The index of a task among those of a model; −1 when the model has none and none is named.</summary>
    /// <param name="known">See <see cref="ModelSpec.Tasks"/>.</param>
    /// <param name="name">What was asked for, or null.</param>
    /// <param name="where">What it was asked for: a path of data, an option.</param>
    /// <exception cref="BadRequestException">The model needs a task and none is named, has none of that name, or has no tasks at all.</exception>
    public static int Find(IReadOnlyList<string> known, string? name, string where)
    {
        for (var i = 0; i < known.Count; i++)
            if (known[i] == name) return i;
        if (known.Count == 0 && name is null) return -1;
        throw new BadRequestException(known.Count == 0
            ? $"{where}: task {name} was named, but the routers of this model know no tasks; leave it out."
            : $"{where}: {(name is null ? "no task is named" : $"the model knows no task {name}")}; its routers decide by one of {string.Join(", ", known)}.");
    }
}
