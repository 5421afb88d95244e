using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>
/// Nodes to options records. All mistakes are gathered and reported together, each with its place, its path and what
/// would be right.
/// </summary>
/// <param name="custom">Types bound by the caller instead of by their properties.</param>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
sealed class OptionsBinder(IReadOnlyDictionary<Type, Func<OptionsBinder, RecipeNode, string, object?>>? custom = null)
{
    readonly List<string> problems = [];

    /// <summary>Binds a whole document.</summary>
    /// <exception cref="BadRequestException">One line for each mistake.</exception>
    public T Bind<T>(RecipeNode root) where T : class => (T)Bind(root, typeof(T));

    /// <inheritdoc cref="Bind{T}"/>
    public object Bind(RecipeNode root, Type type)
    {
        var bound = Value(root, type, mayBeNull: false, path: "");
        return problems.Count == 0 ? bound! : throw new BadRequestException(string.Join('\n', problems));
    }

    /// <summary>Notes a mistake and goes on.</summary>
    public void Refuse(RecipeNode node, string path, string problem) =>
        problems.Add(path.Length == 0 ? $"{node.Origin}: {problem}" : $"{node.Origin}: {path}: {problem}");

    /// <returns>Null when the value is null or was refused.</returns>
    public object? Value(RecipeNode node, Type type, bool mayBeNull, string path)
    {
        if (custom?.GetValueOrDefault(type) is { } convert) return convert(this, node, path);
        if (node is ScalarNode { IsNull: true } empty)
        {
            if (mayBeNull) return null;
            if (OptionKey.IsRecord(type)) return Record(new MapNode(empty.Origin), type, path);
            Refuse(node, path, $"no value; {ScalarText.Describe(type)} is needed");
            return null;
        }
        if (OptionKey.ElementOf(type) is { } element) return List(node, element, path);
        if (OptionKey.ValueOf(type) is { } value) return Map(node, value, path);
        if (OptionKey.IsRecord(type)) return Record(node, type, path);
        if (node is ScalarNode scalar)
        {
            if (ScalarText.TryParse(scalar, type, out var parsed, out var problem)) return parsed;
            Refuse(node, path, problem);
            return null;
        }
        Refuse(node, path, $"{Describe(node)} where {ScalarText.Describe(type)} is needed");
        return null;
    }

    object? Record(RecipeNode node, Type type, string path)
    {
        if (node is ScalarNode scalar && type.GetCustomAttribute<ShorthandAttribute>() is { } shorthand)
        {
            var whole = new MapNode(node.Origin);
            whole.Entries.Add((new ScalarNode(node.Origin, SnakeCase.Of(shorthand.Property), plain: true), scalar));
            node = whole;
        }
        if (node is not MapNode map)
        {
            Refuse(node, path, $"{Describe(node)} where a mapping is needed");
            return null;
        }
        var (before, result, keys) = (problems.Count, OptionKey.Fresh(type), OptionKey.Of(type));
        foreach (var (key, value) in map.Entries)
        {
            if (keys.FirstOrDefault(k => string.Equals(k.Name, key.Text, StringComparison.Ordinal)) is { } known)
                Assign(result, known, value, Join(path, known.Name));
            else
                Refuse(key, path, $"unknown key '{key.Text}'{NearestName.Advice(key.Text, [.. keys.Select(k => k.Name)])}");
        }
        foreach (var key in keys.Where(k => k.Required && map.IndexOf(k.Name) < 0))
            Refuse(map, path, $"key '{key.Name}' is missing; {ScalarText.Describe(key.Type)} is needed");
        if (problems.Count == before && result is IValidatableObject validatable) CheckTogether(validatable, map, path);
        return result;
    }

    void Assign(object target, OptionKey key, RecipeNode node, string path)
    {
        var before = problems.Count;
        var value = Value(node, key.Type, key.MayBeNull, path);
        if (problems.Count > before) return;
        foreach (var rule in key.Rules)
        {
            var context = new ValidationContext(target) { MemberName = key.Property.Name, DisplayName = key.Name };
            if (rule.GetValidationResult(value, context) is { } failure) Refuse(node, path, Told(failure));
        }
        key.Property.SetValue(target, value);
    }

    // Rules over several keys: reported at the first key they name.
    void CheckTogether(IValidatableObject options, MapNode map, string path)
    {
        foreach (var failure in options.Validate(new ValidationContext(options)))
        {
            var at = failure.MemberNames.Select(m => map.IndexOf(SnakeCase.Of(m))).FirstOrDefault(i => i >= 0, -1);
            Refuse(at < 0 ? map : map.Entries[at].Value, path, Told(failure));
        }
    }

    Array? List(RecipeNode node, Type element, string path)
    {
        if (node is not ListNode list)
        {
            Refuse(node, path, $"{Describe(node)} where a list is needed; write [ ... ]");
            return null;
        }
        var result = Array.CreateInstance(element, list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (Value(list.Items[i], element, mayBeNull: false, FormattableString.Invariant($"{path}.{i}")) is { } item)
                result.SetValue(item, i);
        }
        return result;
    }

    object? Map(RecipeNode node, Type type, string path)
    {
        if (node is not MapNode map)
        {
            Refuse(node, path, $"{Describe(node)} where a mapping from names is needed");
            return null;
        }
        var result = (System.Collections.IDictionary)Activator.CreateInstance(
            typeof(Dictionary<,>).MakeGenericType(typeof(string), type), StringComparer.Ordinal)!;
        foreach (var (key, value) in map.Entries)
        {
            if (Value(value, type, mayBeNull: false, Join(path, key.Text)) is { } item) result.Add(key.Text, item);
        }
        return result;
    }

    static string Told(ValidationResult failure) => failure.ErrorMessage ?? "refused";

    static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    static string Describe(RecipeNode node) => node switch
    {
        MapNode => "a mapping",
        ListNode => "a list",
        ScalarNode scalar => $"the single value '{scalar.Text}'",
        _ => "a value",
    };
}
