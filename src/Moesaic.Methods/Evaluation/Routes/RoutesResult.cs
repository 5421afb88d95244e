namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>All that was counted.</summary>
/// <param name="Model">What the model is called.</param>
/// <param name="Domains">Names of the texts.</param>
/// <param name="Routers">In the order of <see cref="RouterList"/>.</param>
/// <param name="Saturation">One per earlier checkpoint.</param>
/// <param name="Names">What tokens look like.</param>
/// <param name="Shown">The place of the router that a short report shows.</param>
/// <param name="Top">Tokens listed for every expert.</param>
/// <param name="LeastPlaces">Fewest places of an id, and tokens of an expert, whose shares are compared.</param>
sealed record RoutesResult(string Model, IReadOnlyList<string> Domains, IReadOnlyList<RouterRoutes> Routers,
    IReadOnlyList<CheckpointSaturation> Saturation, TokenNames Names, int Shown, int Top, int LeastPlaces)
{
    /// <summary>The text in colours, or null.</summary>
    public ColouredText? Text { get; init; }

    /// <summary>Tokens read, each counted once by every router.</summary>
    public long Tokens => Routers[0].Statistics.Tokens;

    /// <summary>Whether any choice was lost to a capacity.</summary>
    public bool Drops => Routers.Any(r => r.Statistics.Dropped > 0);

    /// <summary>Routers that give some token several experts.</summary>
    public IEnumerable<RouterRoutes> Pairing => Routers.Where(r => r.Pairs.Strongest(1, LeastPlaces).Count > 0);
}
