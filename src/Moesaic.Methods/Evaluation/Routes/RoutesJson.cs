using System.Text.Json;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// routes.json: every number. Counts are of tokens or of their choices, so that shares of any kind can be made of them; docs/routing.md
/// describes the keys.
/// </summary>
static class RoutesJson
{
    public const string FileName = "routes.json";

    public static void Write(RoutesResult result, Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = false });
        json.WriteStartObject();
        json.WriteNumber("routes", 1);
        json.WriteString("model", result.Model);
        json.WriteNumber("tokens", result.Tokens);
        Array(json, "domains", result.Domains, json.WriteStringValue);
        Array(json, "routers", result.Routers, r => Router(json, result, r));
        Array(json, "saturation", result.Saturation, s =>
        {
            json.WriteStartObject();
            json.WriteString("checkpoint", s.Checkpoint);
            Array(json, "shares", s.Shares, json.WriteNumberValue);
            Array(json, "chance", s.Chance, json.WriteNumberValue);
            json.WriteEndObject();
        });
        if (result.Text is { } text) Text(json, result, text);
        json.WriteEndObject();
    }

    static void Router(Utf8JsonWriter json, RoutesResult result, RouterRoutes router)
    {
        int experts = router.Spec.Experts;
        json.WriteStartObject();
        json.WriteNumber("layer", router.Layer);
        json.WriteString("of", router.OfAttention ? "attention" : "feed_forward");
        json.WriteNumber("experts", experts);
        json.WriteNumber("chosen", router.Spec.Chosen);
        Array(json, "slots", router.Statistics.Slots.ToArray(), json.WriteNumberValue);
        Array(json, "probabilities", router.Statistics.Importance, json.WriteNumberValue);
        json.WriteNumber("dropped", router.Statistics.Dropped);
        json.WriteNumber("token_entropy", router.Statistics.TokenEntropy);
        json.WriteNumber("told_by_id", router.Read.ToldById(result.LeastPlaces));
        json.WriteNumber("told_by_next_id", router.Next.ToldById(result.LeastPlaces));
        json.WriteNumber("told_by_load", router.Read.ToldByLoad(result.LeastPlaces));
        Array(json, "specialisation", Enumerable.Range(0, experts), e => json.WriteNumberValue(router.Read.Specialisation(e, result.LeastPlaces)));
        Array(json, "specialisation_next", Enumerable.Range(0, experts), e => json.WriteNumberValue(router.Next.Specialisation(e, result.LeastPlaces)));
        Array(json, "domains", Enumerable.Range(0, result.Domains.Count), d => Counts(json, router.Domains.Tokens(d),
            Enumerable.Range(0, experts).Select(e => router.Domains.Slots(d, e))));
        Array(json, "positions", Enumerable.Range(0, router.Positions.Bins), b => Counts(json, router.Positions.Tokens(b),
            Enumerable.Range(0, experts).Select(e => router.Positions.Slots(b, e)),
            ("first", router.Positions.First(b)), ("dropped", router.Positions.Dropped(b))));
        Array(json, "together", Enumerable.Range(0, experts), i =>
        {
            json.WriteStartArray();
            for (var j = 0; j < experts; j++) json.WriteNumberValue(router.Pairs.Together(i, j));
            json.WriteEndArray();
        });
        Vocabulary(json, "ids", router.Read, result.Names);
        Vocabulary(json, "next_ids", router.Next, null);
        json.WriteEndObject();
    }

    static void Counts(Utf8JsonWriter json, long tokens, IEnumerable<long> slots, params ReadOnlySpan<(string Name, long Value)> more)
    {
        json.WriteStartObject();
        foreach (var (name, value) in more) json.WriteNumber(name, value);
        json.WriteNumber("tokens", tokens);
        Array(json, "slots", slots, json.WriteNumberValue);
        json.WriteEndObject();
    }

    // Of E counts most are 0: only the others, as pairs of expert and count.
    static void Vocabulary(Utf8JsonWriter json, string name, VocabularyLoads vocabulary, TokenNames? names) => Array(json, name, vocabulary.Ids, id =>
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        if (names is not null) json.WriteString("text", names.Alone(id));
        json.WriteNumber("places", vocabulary.Places(id));
        json.WriteStartArray("slots");
        var slots = vocabulary.Slots(id);
        for (var e = 0; e < slots.Length; e++)
        {
            if (slots[e] == 0) continue;
            json.WriteStartArray();
            json.WriteNumberValue(e);
            json.WriteNumberValue(slots[e]);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        // What is finished leaves the memory.
        if (json.BytesPending > 1 << 16) json.Flush();
    });

    static void Text(Utf8JsonWriter json, RoutesResult result, ColouredText text)
    {
        json.WriteStartObject("text");
        Array(json, "ids", text.Tokens, json.WriteNumberValue);
        Array(json, "tokens", text.Tokens, id => json.WriteStringValue(result.Names.Alone(id)));
        Array(json, "routers", text.Routes, routes =>
        {
            json.WriteStartArray();
            foreach (var route in routes)
            {
                json.WriteStartObject();
                Array(json, "experts", route.Chosen, json.WriteNumberValue);
                Array(json, "weights", route.Weights, json.WriteNumberValue);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        json.WriteEndObject();
    }

    static void Array<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items) write(item);
        json.WriteEndArray();
    }
}
