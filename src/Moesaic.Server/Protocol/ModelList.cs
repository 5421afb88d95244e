namespace Moesaic.Server.Protocol;

/// <summary>GET /v1/models.</summary>
sealed record ModelList(IReadOnlyList<ModelEntry> Data)
{
    public string Object => "list";
}

/// <summary>GET /v1/models/{id}.</summary>
sealed record ModelEntry(string Id, long Created, int MaxModelLen)
{
    public string Object => "model";
    public string OwnedBy => "moesaic";
}
