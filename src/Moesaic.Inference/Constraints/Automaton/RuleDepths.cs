namespace Moesaic.Inference;

/// <summary>
/// Finds for each rule how much nesting it needs at least. Who enters a rule only with so much nesting left is never in a place
/// that can not be completed.
/// </summary>
static class RuleDepths
{
    /// <returns>The number of rules.</returns>
    public static int Assign(Rule root)
    {
        var rules = Reachable(root);
        // Each round is right for one level of nesting more, and chains within a level run against the order of discovery.
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = rules.Count - 1; i >= 0; i--)
            {
                var depth = Least(rules[i]);
                if (depth == rules[i].Depth) continue;
                rules[i].Depth = depth;
                changed = true;
            }
        }
        return rules.Count;
    }

    static int Least(Rule rule)
    {
        switch (rule)
        {
            case Rule.Leaf: return 0;
            case Rule.Sequence sequence:
                var most = 0;
                foreach (var item in sequence.Items) most = Math.Max(most, item.Depth);
                return most;
            case Rule.Choice choice:
                var least = Rule.Impossible;
                foreach (var option in choice.Options) least = Math.Min(least, option.Depth);
                return least;
            case Rule.Repeat repeat: return repeat.Least == 0 ? 0 : repeat.Item.Depth;
            case Rule.Nested { Body.Depth: >= GrammarLimits.Nesting }: return Rule.Impossible;
            case Rule.Nested nested: return nested.Body.Depth + 1;
            case Rule.Later later: return later.Body.Depth;
            default: throw new InvalidOperationException($"no depth for {rule.GetType().Name}");
        }
    }

    static List<Rule> Reachable(Rule root)
    {
        var found = new List<Rule> { root };
        var seen = new HashSet<Rule> { root };
        for (var i = 0; i < found.Count; i++)
            foreach (var next in Parts(found[i]))
                if (seen.Add(next)) found.Add(next);
        return found;
    }

    static IEnumerable<Rule> Parts(Rule rule) => rule switch
    {
        Rule.Sequence sequence => sequence.Items,
        Rule.Choice choice => choice.Options,
        Rule.Repeat repeat => [repeat.Item],
        Rule.Nested nested => [nested.Body],
        Rule.Later later => [later.Body],
        _ => [],
    };
}
