using System.Text;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Tests.Recipes;

public class YamlReaderTests
{
    static string Refused(string yaml) =>
        Assert.Throws<BadRequestException>(() => YamlReader.Read(yaml, "r.yaml")).Message;

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3", "r.yaml:3:1: key 'a' is given twice, first at r.yaml:1:1.")]
    [InlineData("a: !!int 1", "r.yaml:1:4: tag '")]
    [InlineData("a: !evil {}", "r.yaml:1:4: tag '")]
    [InlineData("a: [1, 2", "not valid YAML")]
    [InlineData("a:\n\t- b", "not valid YAML")]
    [InlineData("? [a]\n: b", "is itself a list or mapping")]
    [InlineData("a: *nothing", "alias *nothing names no anchor before it")]
    [InlineData("a: &x [ *x ]", "alias *x names no anchor before it")]
    [InlineData("a: 1\n---\nb: 2", "r.yaml:2:1: a second YAML document")]
    public void What_no_recipe_needs_is_refused(string yaml, string message) => Assert.Contains(message, Refused(yaml), StringComparison.Ordinal);

    [Fact]
    public void Aliases_are_copies()
    {
        var root = (MapNode)YamlReader.Read("a: &x { k: 1 }\nb: *x", "r.yaml");
        RecipeOverrides.Apply(root, "a.k=2");
        Assert.Equal("2", Text(root, "a"));
        Assert.Equal("1", Text(root, "b"));

        static string Text(MapNode root, string key) =>
            ((ScalarNode)((MapNode)root.Entries[root.IndexOf(key)].Value).Entries[0].Value).Text;
    }

    [Fact]
    public void Deep_documents_are_refused_early() =>
        Assert.Contains("levels deep", Refused(new string('[', 100_000)), StringComparison.Ordinal);

    [Fact]
    public void Laughing_aliases_are_refused()
    {
        var yaml = new StringBuilder("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for (var i = 1; i < 10; i++)
            yaml.Append(FormattableString.Invariant($"a{i}: &a{i} [{string.Join(",", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("more than 20000 values", Refused(yaml.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void Huge_and_missing_files_are_refused()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[YamlReader.MaxBytes + 1]);
            Assert.Contains("no recipe", Assert.Throws<BadRequestException>(() => YamlReader.ReadFile(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("cannot be read", Assert.Throws<BadRequestException>(() => YamlReader.ReadFile(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<BadRequestException>(() => YamlReader.ReadFile(Path.GetTempPath())).Message, StringComparison.Ordinal);
    }

    // Any text is either read or refused with words; two thousand mutations of one recipe.
    [Fact]
    public void Mutated_recipes_never_crash_the_reader()
    {
        const string Alphabet = "{}[]:,-&*!|>'\"%@`#?~ \n\tax1";
        var random = new Random(5);
        for (var trial = 0; trial < 2000; trial++)
        {
            var text = new StringBuilder(RecipeReaderTests.Yaml);
            for (var edits = random.Next(1, 8); edits > 0; edits--)
                text[random.Next(text.Length)] = Alphabet[random.Next(Alphabet.Length)];
            try
            {
                RecipeReaderTests.Reader.Read(text.ToString(), "r.yaml");
            }
            catch (BadRequestException)
            {
            }
        }
    }
}
