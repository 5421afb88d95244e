using System.Globalization;

namespace Moesaic.Formats;

/// <summary>Shortens lists of tensor names: <c>model.layers.{0..31}.mlp.up_proj.weight (32)</c>.</summary>
static class NamePattern
{
    /// <summary>One entry per distinct name with its numbers taken out, in the order of first occurrence.</summary>
    internal static IReadOnlyList<string> Group(IEnumerable<string> names)
    {
        var groups = new OrderedDictionary<string, (List<SortedSet<long>> Numbers, int Count)>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            string[] parts = name.Split('.');
            var numbers = new List<long>();
            for (int i = 0; i < parts.Length; i++)
            {
                if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    continue;
                numbers.Add(number);
                parts[i] = "\0";
            }
            string template = string.Join('.', parts);
            if (!groups.TryGetValue(template, out var group))
                group = ([.. numbers.Select(_ => new SortedSet<long>())], 0);
            for (int i = 0; i < numbers.Count; i++) group.Numbers[i].Add(numbers[i]);
            groups[template] = (group.Numbers, group.Count + 1);
        }
        return [.. groups.Select(g => Show(g.Key, g.Value.Numbers, g.Value.Count))];
    }

    static string Show(string template, List<SortedSet<long>> numbers, int count)
    {
        int next = 0;
        var parts = template.Split('.').Select(p => p == "\0" ? Ranges(numbers[next++]) : p);
        return string.Join('.', parts) + (count > 1 ? $" ({count})" : "");
    }

    static string Ranges(SortedSet<long> numbers)
    {
        if (numbers.Count == 1) return numbers.Min.ToString(CultureInfo.InvariantCulture);
        var runs = new List<(long First, long Last)>();
        foreach (long n in numbers)
            if (runs.Count > 0 && runs[^1].Last + 1 == n) runs[^1] = (runs[^1].First, n);
            else runs.Add((n, n));
        return "{" + string.Join(',', runs.Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}..{r.Last}")) + "}";
    }
}
