using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models;

/// <summary>
/// Routing policies as people give them: "none"; pairs such as "chosen=1" or "ratios=0.4/0.2,share=0.9"; or a JSON file with an object "policy" for
/// all layers, an object "layers" of such objects by the number of a layer, which have precedence, or both. Keys and values are those of config.json.
/// </summary>
public static class RoutingPolicyFile
{
    /// <summary>Reads policies.</summary>
    /// <param name="given">"none", pairs, or a file's path.</param>
    /// <param name="spec">Shape of the model they are for.</param>
    /// <exception cref="BadRequestException">A key is unknown, a value makes no sense, a layer has no experts, or there is no such file.</exception>
    public static RoutingPolicies Read(string given, ModelSpec spec)
    {
        if (given == "none") return RoutingPolicies.None;
        return Checked(() => given.Contains('=', StringComparison.Ordinal) && !File.Exists(given)
            ? RoutingPolicies.Everywhere(spec, MoesaicPolicy.Read(HfConfig.From(Pairs(given), "the policy"))) : OfFile(given, spec), spec);
    }

    /// <summary>Reads what a file of policies holds.</summary>
    /// <param name="file">An object with "policy", "layers" or both.</param>
    /// <param name="where">For messages.</param>
    /// <param name="spec">Shape of the model they are for.</param>
    /// <exception cref="BadRequestException">A key is unknown, a value makes no sense, or a layer has no experts.</exception>
    public static RoutingPolicies Read(JsonObject file, string where, ModelSpec spec) => Checked(() => Layers(file, where, spec), spec);

    /// <summary>The policies of a model, as they are written to a file.</summary>
    public static JsonObject Write(ModelSpec spec) => new()
    {
        ["layers"] = new JsonObject(spec.MixtureLayers.Select(l => (l, spec.Mixture(l).Router.Policy)).Where(p => p.Policy is not null)
            .Select(p => KeyValuePair.Create(p.l.ToString(CultureInfo.InvariantCulture), (JsonNode?)MoesaicPolicy.Write(p.Policy!)))),
    };

    /// <summary>A policy in the words of its keys.</summary>
    public static string Text(RoutingPolicy policy) => MoesaicPolicy.Write(policy) is { Count: > 0 } json
        ? string.Join(", ", json.Select(p => $"{p.Key} {p.Value!.ToJsonString()}")) : "none";

    static RoutingPolicies Checked(Func<RoutingPolicies> read, ModelSpec spec)
    {
        try
        {
            var policies = read();
            policies.ApplyTo(spec);
            return policies;
        }
        catch (BadModelException e)
        {
            throw new BadRequestException(e.Message, e);
        }
    }

    static RoutingPolicies OfFile(string path, ModelSpec spec)
    {
        if (!File.Exists(path)) throw new BadRequestException($"{path}: there is no such file; a policy is none, pairs such as chosen=1,share=0.9 or a JSON file.");
        try
        {
            return Layers(JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("not an object"), path, spec);
        }
        catch (JsonException e)
        {
            throw new BadRequestException($"{path}: no JSON object with policies ({e.Message})", e);
        }
    }

    static RoutingPolicies Layers(JsonObject file, string where, ModelSpec spec)
    {
        if (file.Select(p => p.Key).FirstOrDefault(k => k is not ("policy" or "layers")) is { } unknown)
            throw new BadRequestException($"{where}: {unknown} is no key; there are \"policy\" for all layers and \"layers\".");
        foreach (var (key, value) in file)
            if (value is not JsonObject) throw new BadRequestException($"{where}: {key} is no object.");
        Dictionary<int, RoutingPolicy> layers = file["policy"] is JsonObject all
            ? new(RoutingPolicies.Everywhere(spec, MoesaicPolicy.Read(HfConfig.From(all, $"{where}: policy"))).Layers) : [];
        foreach (var (number, policy) in file["layers"] as JsonObject ?? [])
            layers[int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : throw new BadRequestException($"{where}: layers: {number} is no number of a layer.")]
                = MoesaicPolicy.Read(HfConfig.From(policy as JsonObject ?? throw new BadRequestException($"{where}: layers: {number} is no object."), $"{where}: layers.{number}"));
        return new(layers);
    }

    static JsonObject Pairs(string text)
    {
        var json = new JsonObject();
        foreach (var pair in text.Split(','))
        {
            if (pair.Split('=') is not [var key, var value]) throw new BadRequestException($"\"{pair}\" in a policy: need key=value.");
            key = key.Trim();
            if (json.ContainsKey(key)) throw new BadRequestException($"{key} is given twice in a policy.");
            JsonNode[] parts = [.. value.Split('/').Select(part => Value(key, part.Trim()))];
            json[key] = key switch
            {
                "ratios" or "masked" => new JsonArray(parts),
                "protection" => parts.Length > 1 ? new JsonObject { ["protected"] = parts[0], ["dropped"] = parts[1] } : new JsonObject { ["protected"] = parts[0] },
                _ => parts.Length == 1 ? parts[0] : throw new BadRequestException($"{key} in a policy: one value is needed, not {value}."),
            };
        }
        return json;
    }

    static JsonNode Value(string key, string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw new BadRequestException($"{key} in a policy: {text} is no number, true or false."),
    };
}
