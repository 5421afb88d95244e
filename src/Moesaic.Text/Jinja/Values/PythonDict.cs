namespace Moesaic.Text.Jinja.Values;

/// <summary>A dictionary in order of insertion, with Python's equality of keys (1, 1.0 and True are one key).</summary>
sealed class PythonDict
{
    readonly OrderedDictionary<object, object?> entries = new(KeyComparer.Instance);

    public int Count => entries.Count;

    public IEnumerable<object> Keys => entries.Keys;

    public IEnumerable<object?> Values => entries.Values;

    public IEnumerable<KeyValuePair<object, object?>> Entries => entries;

    public object? this[object? key]
    {
        set => entries[Checked(key)] = value;
    }

    public bool TryGet(object? key, out object? value)
    {
        value = null;
        return IsKey(key) && entries.TryGetValue(key!, out value);
    }

    public bool Contains(object? key) => TryGet(Checked(key), out _);

    static bool IsKey(object? key) => key is string or long or double or bool or PythonTuple;

    static object Checked(object? key) =>
        IsKey(key) ? key! : throw new JinjaFault($"a value of type '{Python.TypeName(key)}' can not be the key of a dictionary");

    sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        bool IEqualityComparer<object>.Equals(object? left, object? right) => Python.AreEqual(left, right);

        int IEqualityComparer<object>.GetHashCode(object key) => key switch
        {
            string text => string.GetHashCode(text, StringComparison.Ordinal),
            PythonTuple tuple => tuple.Items.Count,
            _ => Python.ToDouble(key).GetHashCode(),
        };
    }
}
