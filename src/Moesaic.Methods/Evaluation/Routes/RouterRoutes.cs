using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>All that is counted of one router in one pass over the data.</summary>
sealed class RouterRoutes : IRoutingObserver
{
    readonly RoutedText text;

    /// <param name="layer">Number of the layer.</param>
    /// <param name="ofAttention">Whether its experts are heads of attention.</param>
    /// <param name="spec">The router.</param>
    /// <param name="text">What the current pass reads.</param>
    /// <param name="domains">Number of domains.</param>
    /// <param name="context">Longest window of text.</param>
    /// <param name="keepChoices">Whether every token's choices are kept, to be compared with another checkpoint's: 8 ⌈E/64⌉ bytes a token.</param>
    public RouterRoutes(int layer, bool ofAttention, RouterSpec spec, RoutedText text, int domains, int context, bool keepChoices)
    {
        const int MostBins = 16;
        (Layer, OfAttention, Spec, this.text) = (layer, ofAttention, spec, text);
        var width = Math.Max(1, (context + MostBins - 1) / MostBins);
        Statistics = new RoutingStatistics(spec.Experts) { Observer = this, Choices = keepChoices ? new RoutingChoices(spec.Experts) : null };
        Domains = new DomainLoads(domains, spec.Experts);
        (Read, Next) = (new VocabularyLoads(spec.Experts), new VocabularyLoads(spec.Experts));
        Positions = new PositionLoads((context + width - 1) / width, width, spec.Experts);
        Pairs = new ExpertPairs(spec.Experts);
    }

    public int Layer { get; }

    public bool OfAttention { get; }

    public RouterSpec Spec { get; }

    /// <summary>"3", "3 attention".</summary>
    public string Name => RouterName.Of(Layer, OfAttention);

    public RoutingStatistics Statistics { get; }

    public DomainLoads Domains { get; }

    /// <summary>By the token that is read.</summary>
    public VocabularyLoads Read { get; }

    /// <summary>By the token that follows.</summary>
    public VocabularyLoads Next { get; }

    public PositionLoads Positions { get; }

    public ExpertPairs Pairs { get; }

    public void Observe(in Routing routing)
    {
        var width = routing.Weights.Columns;
        for (var t = 0; t < routing.Weights.Rows; t++)
        {
            if (!text.Counted[t]) continue;
            var route = new TokenRoute
            {
                Id = text.Tokens[t], Next = text.Next[t], Position = text.Positions[t], Domain = text.Domain,
                Chosen = Selection.Filled(routing.Chosen.Span.Slice(t * width, width)),
                Dropped = routing.Dropped.IsEmpty ? 0 : routing.Dropped.Span[t],
            };
            Domains.Add(route);
            Read.Add(route.Id, route.Chosen);
            if (route.Next >= 0) Next.Add(route.Next, route.Chosen);
            Positions.Add(route);
            Pairs.Add(route);
        }
    }
}

/// <summary>What reports call a router.</summary>
static class RouterName
{
    public static string Of(int layer, bool ofAttention) => FormattableString.Invariant($"{layer}{(ofAttention ? " attention" : "")}");
}

/// <summary>What the routers of a pass are looking at.</summary>
sealed class RoutedText
{
    public ReadOnlySpan<bool> Counted => Pass!.Counted.Span;

    public ReadOnlySpan<int> Tokens => Pass!.Tokens.Span;

    public ReadOnlySpan<int> Positions => Pass!.Positions.Span;

    public int[] Next { get; set; } = [];

    public int Domain { get; set; }

    public PassInput? Pass { get; set; }
}
