namespace Moesaic.Cli.Recipes;

/// <summary>A piece of a recipe before it is bound to options. It remembers where it came from.</summary>
abstract class RecipeNode(string origin)
{
    /// <summary>"demo.yaml:7:5", or the command line option that set it.</summary>
    public string Origin { get; } = origin;

    /// <summary>A copy of the whole piece, which can be changed without the original noticing.</summary>
    public abstract RecipeNode Copy();
}

/// <summary>A single value. Only a plain (unquoted) scalar can be null, a number or a truth value.</summary>
sealed class ScalarNode(string origin, string text, bool plain) : RecipeNode(origin)
{
    public string Text { get; } = text;

    public bool Plain { get; } = plain;

    public bool IsNull => Plain && Text is "" or "~" or "null";

    public override RecipeNode Copy() => this;
}

/// <summary>Keys in the order of the text; duplicates were refused by the reader.</summary>
sealed class MapNode(string origin) : RecipeNode(origin)
{
    public List<(ScalarNode Key, RecipeNode Value)> Entries { get; } = [];

    public override RecipeNode Copy()
    {
        var copy = new MapNode(Origin);
        foreach (var (key, value) in Entries) copy.Entries.Add((key, value.Copy()));
        return copy;
    }

    public int IndexOf(string key) => Entries.FindIndex(e => string.Equals(e.Key.Text, key, StringComparison.Ordinal));
}

sealed class ListNode(string origin) : RecipeNode(origin)
{
    public List<RecipeNode> Items { get; } = [];

    public override RecipeNode Copy()
    {
        var copy = new ListNode(Origin);
        foreach (var item in Items) copy.Items.Add(item.Copy());
        return copy;
    }
}
