using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

/// <summary>What a decision may depend on, for every kind of router, through a whole model.</summary>
public class RouterInvariantTests
{
    static readonly RouterSpec Plain = new() { Experts = 4, Chosen = 2 };
    static readonly RouterSpec Raw = Plain with { Weight = CombineWeight.Raw };

    static readonly Dictionary<string, RouterSpec> Routers = new()
    {
        ["plain"] = Plain,
        ["relu"] = Raw with { Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive) },
        ["above"] = Raw with { Selection = new(SelectionKind.Above) { Threshold = 1 } },
        ["near best"] = Raw with { Selection = new(SelectionKind.NearBest) { Threshold = 0.3f } },
        ["share"] = Raw with { Selection = new(SelectionKind.Share) { Threshold = 0.6f } },
        ["all"] = Raw with { Selection = new(SelectionKind.All) },
        ["cosine"] = Raw with { Score = RouterScore.Cosine, ScoreWidth = 3, PassThrough = true, Affinity = RouterAffinity.Sigmoid },
        ["normalised"] = Plain with { Norm = new(2), Temperature = 0.5f },
        ["tree"] = Plain with { Groups = new(2, 2, GroupScore.Own) { PerGroup = 1 }, Weight = CombineWeight.RenormalisedByLevel },
        ["hash"] = Plain with { Key = RouterKey.TokenId, Score = RouterScore.Hash, HashSeed = 3 },
        ["prefix"] = Plain with { Key = RouterKey.Prefix },
        ["position"] = Plain with { Capacity = new(0.6f) { Order = CapacityOrder.Position } },
        ["position, next"] = Plain with { Capacity = new(0.6f) { Order = CapacityOrder.Position, Overflow = CapacityOverflow.NextChoice } },
        ["switch"] = Raw with { Chosen = 1, Capacity = new(0.6f) },
        ["sequence"] = Plain with { Key = RouterKey.Sequence },
        ["expert choice"] = Raw with { Selection = new(SelectionKind.ExpertChoice) },
        ["expert choice, pass"] = Raw with { Selection = new(SelectionKind.ExpertChoice), Group = RoutingGroup.Pass },
        ["average"] = Raw with { Selection = new(SelectionKind.AverageAbove) { Threshold = 1.2f } },
        ["first choices"] = Plain with { Capacity = new(0.6f) },
        ["priority"] = Plain with { Capacity = new(0.6f) { Order = CapacityOrder.Priority } },
        ["pass"] = Plain with { Capacity = new(0.6f), Group = RoutingGroup.Pass },
    };

    public static TheoryData<string> Cases => [.. Routers.Keys];

    static Model Make(string name) => TinySpec.Model(TinySpec.Of(TinySpec.Mixture() with { Router = Routers[name] }));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_causal_router_does_not_see_later_tokens_and_another_one_does(string name)
    {
        using var model = Make(name);
        const int Length = 24;
        var seen = false;
        for (var seed = 0; seed < 6; seed++)
        {
            var tokens = Passes.Tokens(Length, seed);
            var changed = tokens.ToArray();
            for (var t = 12; t < Length; t++) changed[t] = (changed[t] + 1 + t) % TinySpec.Vocabulary;
            float[] before = Passes.Logits(model, PassInput.Sequence(tokens)), after = Passes.Logits(model, PassInput.Sequence(changed));
            seen |= !before.AsSpan(0, 12 * TinySpec.Vocabulary).SequenceEqual(after.AsSpan(0, 12 * TinySpec.Vocabulary));
        }
        // Of the pass alone other sequences are seen, which are none here, beside what competes within one.
        Assert.Equal(!Routers[name].Causal, seen);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_sequence_is_the_same_in_any_company_unless_the_whole_pass_competes(string name)
    {
        using var model = Make(name);
        int[] a = Passes.Tokens(17, 1), b = Passes.Tokens(9, 2), c = Passes.Tokens(30, 3);
        var alone = Passes.Logits(model, PassInput.Sequence(b));
        var among = Passes.Logits(model, Passes.Packed(3, a, b, c))[(17 * TinySpec.Vocabulary)..(26 * TinySpec.Vocabulary)];
        if (Routers[name].Group == RoutingGroup.Sequence) Assert.Equal(alone, among);
        else Assert.NotEqual(alone, among);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Permuted_experts_with_their_rows_give_the_same(string name)
    {
        if (Routers[name].Score == RouterScore.Hash) return;      // its experts are those of their numbers
        using Model model = Make(name), permuted = Make(name);
        int[] order = name == "tree" ? [1, 0, 3, 2] : [2, 0, 3, 1];
        foreach (var parameter in permuted.Parameters)
        {
            var parts = parameter.Name.Split('.');
            var from = model[parameter.Name];
            if (parameter.Name.Contains(".experts.", StringComparison.Ordinal))
                model[string.Join('.', [.. parts[..5], $"{order[parts[5][0] - '0']}", .. parts[6..]])].Span.CopyTo(parameter.Value.Span);
            else if (parameter.Role == ParameterRole.Router && from.Rows == 4 && !parameter.Name.Contains("groups", StringComparison.Ordinal))
                for (var e = 0; e < 4; e++) from.Row(order[e]).CopyTo(parameter.Value.Row(e));
        }
        Assert.InRange(Passes.MaxDifference(Passes.Logits(model), Passes.Logits(permuted)), 0, 1e-5);
    }
}
