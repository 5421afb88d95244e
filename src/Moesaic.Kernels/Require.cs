namespace Moesaic.Kernels;

/// <summary>Checks of buffer sizes at the kernels' entries; a wrong size is a programming mistake.</summary>
static class Require
{
    internal static void Length(int actual, long expected, string name)
    {
        if (actual != expected) Wrong(actual, expected, name);
    }

    internal static void LengthOrEmpty(int actual, long expected, string name)
    {
        if (actual != 0 && actual != expected) Wrong(actual, expected, name);
    }

    /// <summary>The number of rows of <paramref name="width"/> values in a buffer of <paramref name="length"/>.</summary>
    internal static int RowCount(int length, int width, string name)
    {
        if (width <= 0)
        {
            if (length == 0) return 0;
            throw new ArgumentException($"{name} holds {length} values, but the row width is {width}.", name);
        }

        if (length % width != 0)
            throw new ArgumentException($"{name} holds {length} values, not a whole number of rows of {width}.", name);
        return length / width;
    }

    internal static void Positive(int value, string name)
    {
        if (value <= 0) throw new ArgumentException($"{name} is {value}; it must be positive.", name);
    }

    static void Wrong(int actual, long expected, string name) =>
        throw new ArgumentException($"{name} holds {actual} values where the shapes ask for {expected}.", name);
}
