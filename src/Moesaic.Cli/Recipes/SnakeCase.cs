using System.Text;

namespace Moesaic.Cli.Recipes;

/// <summary>Names of properties and enum members as recipes spell them: LearningRate is learning_rate.</summary>
static class SnakeCase
{
    public static string Of(string name)
    {
        var result = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            // A word starts at a capital after a small letter or digit, and at the last capital of a run: KLWeight, kl_weight.
            var starts = char.IsUpper(name[i]) && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (starts) result.Append('_');
            result.Append(char.ToLowerInvariant(name[i]));
        }
        return result.ToString();
    }
}
