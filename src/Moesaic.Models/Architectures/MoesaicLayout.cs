using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// Our own layout, for shapes no published one holds: config.json has a list "layers" with one object per layer. Tensor
/// names are those of LLaMA and DeepSeek.
/// </summary>
sealed class MoesaicLayout : IArchitecture
{
    public string ModelType => "moesaic";

    public Oracles VerifiedBy => Oracles.Own;

    public bool CarriesScale => true;

    public bool CarriesExpertBias => true;

    public bool CarriesForms => true;

    public ModelSpec ReadSpec(HfConfig config)
    {
        if (config.ToJson()["layers"] is not JsonArray { Count: > 0 } layers)
            throw config.Bad("layers", "must be a list with one object per layer");
        config.Accept("layers");
        var parsed = layers.Select((layer, l) => ReadLayer(config, layer as JsonObject
            ?? throw config.Bad($"layers[{l}]", "must be an object"), l)).ToArray();
        if (config.Int("num_hidden_layers", min: 1) is var count && count != parsed.Length)
            throw config.Bad("num_hidden_layers", $"is {count}, but layers lists {parsed.Length}");
        var spec = CommonConfig.Read(config, CommonConfig.Heads(config), l => parsed[l].FeedForward);
        spec = spec with
        {
            Layers = [.. spec.Layers.Select((layer, l) => layer with { Attention = parsed[l].Attention ?? layer.Attention })],
            Tasks = ReadTasks(config),
        };
        TaskNames.Check(spec, config.Source);
        for (var l = 0; l < parsed.Length; l++)
            if (RoutingPolicies.WhyNot(spec.Layers[l]) is { } reason) throw config.Bad($"layers[{l}]", $"has a routing policy that cannot be followed: {reason}");
        return spec;
    }

    static string[] ReadTasks(HfConfig config)
    {
        if (!config.Has("tasks")) return [];
        config.Accept("tasks");
        return config.ToJson()["tasks"] is JsonArray { Count: > 0 } names && names.All(n => n?.GetValueKind() == JsonValueKind.String)
            ? [.. names.Select(n => n!.GetValue<string>())] : throw config.Bad("tasks", "must be a list of names");
    }

    static (AttentionSpec? Attention, FeedForwardSpec FeedForward) ReadLayer(HfConfig config, JsonObject json, int number)
    {
        var layer = HfConfig.From(json, $"{config.Source}: layers[{number}]");
        var attention = layer.Section("attention") is { } heads ? MoesaicAttention.Read(heads) : null;
        FeedForwardSpec feedForward;
        if (layer.Has("feed_forward"))
        {
            if (layer.Text("feed_forward") is not "absent" and var other) throw layer.Bad("feed_forward", $"is \"{other}\"; there is only \"absent\", or the keys of a feed-forward");
            feedForward = new AbsentSpec();
        }
        else if (layer.Has("expert_widths"))
        {
            var widths = layer.Ints("expert_widths", min: 0);
            feedForward = new MixtureSpec(MoesaicRouter.Read(layer, widths.Count), widths, layer.IntOr("shared_width", 0))
            {
                Activation = ReadActivation(layer),
                SharedGate = layer.BoolOr("shared_gate", false) ? SharedGate.Sigmoid : layer.BoolOr("shared_mix", false) ? SharedGate.Mix : SharedGate.None,
                ExpertBias = layer.BoolOr("expert_bias", false),
                Clamp = layer.Section("clamp") is { } clamp ? ReadClamp(clamp) : null,
            };
            ((MixtureSpec)feedForward).Validate(layer.Source);
        }
        else feedForward = new DenseSpec(layer.Int("width", min: 1)) { Activation = ReadActivation(layer) };
        RefuseUnread(layer);
        return (attention, feedForward);
    }

    static Activation ReadActivation(HfConfig layer) =>
        layer.Has("activation") ? Choice<Activation>(layer, "activation") : Activation.Swiglu;

    static SwiGluClamp ReadClamp(HfConfig json)
    {
        var clamp = new SwiGluClamp((float)json.Number("limit"), (float)json.Number("slope"));
        if (clamp.Limit <= 0 || clamp.Slope <= 0) throw json.Bad("limit", "and slope must be above 0");
        RefuseUnread(json);
        return clamp;
    }

    /// <summary>Our own layout has no keys for other programs: one that we do not know changes the model.</summary>
    internal static void RefuseUnread(HfConfig config)
    {
        if (config.Unread.FirstOrDefault() is { } key) throw config.Bad(key, "is not a key of a layer");
    }

    internal static T Choice<T>(HfConfig config, string key) where T : struct, Enum
    {
        var text = config.Text(key);
        foreach (var value in Enum.GetValues<T>())
            if (Name(value) == text) return value;
        throw config.Bad(key, $"is \"{text}\"; need one of {string.Join(", ", Enum.GetValues<T>().Select(Name))}");
    }

    internal static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    public string? WhyNot(ModelSpec spec) => null;

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "MoesaicForCausalLM");
        if (spec.Tasks.Count > 0) config["tasks"] = new JsonArray([.. spec.Tasks.Select(name => (JsonNode)name)]);
        config["layers"] = new JsonArray([.. spec.Layers.Select(layer => WriteLayer(layer, spec.Layers[0].Attention))]);
        return config;
    }

    static JsonObject WriteLayer(LayerSpec layer, AttentionSpec first)
    {
        var json = layer.FeedForward switch
        {
            MixtureSpec mixture => WriteMixture(mixture),
            AbsentSpec => new JsonObject { ["feed_forward"] = "absent" },
            DenseSpec dense => WriteActivation(dense.Activation, new JsonObject { ["width"] = dense.Width }),
            _ => throw new ArgumentException($"unknown feed-forward {layer.FeedForward}", nameof(layer)),
        };
        if (MoesaicAttention.Write(layer.Attention, first) is { } attention) json["attention"] = attention;
        return json;
    }

    static JsonObject WriteMixture(MixtureSpec mixture)
    {
        var json = new JsonObject { ["expert_widths"] = new JsonArray([.. mixture.ExpertWidths.Select(w => (JsonNode)w)]) };
        MoesaicRouter.Write(mixture.Router, json);
        json["shared_width"] = mixture.SharedWidth;
        if (mixture.SharedGate == SharedGate.Sigmoid) json["shared_gate"] = true;
        if (mixture.SharedGate == SharedGate.Mix) json["shared_mix"] = true;
        WriteActivation(mixture.Activation, json);
        if (mixture.ExpertBias) json["expert_bias"] = true;
        if (mixture.Clamp is { } clamp)
            json["clamp"] = new JsonObject { ["limit"] = CommonConfig.Number(clamp.Limit), ["slope"] = CommonConfig.Number(clamp.Slope) };
        return json;
    }

    static JsonObject WriteActivation(Activation activation, JsonObject json)
    {
        if (activation != Activation.Swiglu) json["activation"] = Name(activation);
        return json;
    }
}
