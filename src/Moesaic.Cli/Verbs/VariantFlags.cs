using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Compression.Plans;

namespace Moesaic.Cli.Verbs;

/// <summary>The options of commands that run a model: read a part of it, and with other routing policies.</summary>
sealed class VariantFlags
{
    readonly Option<string?> plan = new("--plan") { Description = "A prune plan: what it does not keep is not read", HelpName = "file" };
    readonly Option<string?> ratio = new("--ratio") { Description = "With a plan: the part of the experts that goes, in the plan's order", HelpName = "part" };
    readonly Option<string?> policy = new("--policy")
    {
        Description = "Routing policy in place of the model's: none, pairs such as ratios=0.4,share=0.9, or a JSON file", HelpName = "policy",
    };
    readonly Option<string?> chosen = new("--chosen") { Description = "Experts per token, at most the model's", HelpName = "n" };

    public void AddTo(Command command)
    {
        foreach (var option in new[] { plan, ratio, policy, chosen }) command.Add(option);
    }

    public ModelVariant Read(ParseResult parsed) => new()
    {
        Plan = parsed.GetValue(plan), Ratio = parsed.GetValue(ratio) is { } part ? ScalarText.Parse<double>(ratio.Name, part) : null, Policy = parsed.GetValue(policy),
        Chosen = parsed.GetValue(chosen) is { } n ? ScalarText.Parse<int>(chosen.Name, n) : null,
    };
}
