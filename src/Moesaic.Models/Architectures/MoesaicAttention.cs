using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>The object "attention" of a layer in our own layout: heads, and what plain attention does not have.</summary>
static class MoesaicAttention
{
    public static AttentionSpec Read(HfConfig json)
    {
        bool all = json.BoolOr("attention_bias", false), some = json.BoolOr("qkv_bias", false);
        var attention = new AttentionSpec(json.Int("num_attention_heads", min: 1), json.Int("num_key_value_heads", min: 1),
            json.Int("head_dim", min: 2), all ? AttentionBias.All : some ? AttentionBias.QueryKeyValue : AttentionBias.None)
        {
            Norm = json.Has("norm") ? MoesaicLayout.Choice<HeadNorm>(json, "norm") : HeadNorm.None,
            ScoreFactor = (float)json.NumberOr("score_factor", 1),
            Sinks = json.BoolOr("sinks", false),
            Window = json.IntOr("window", 0),
            Latent = json.Section("latent") is { } latent ? ReadLatent(latent) : null,
            Experts = json.Section("experts") is { } experts ? ReadExperts(experts) : null,
        };
        if (attention.QueryHeads % attention.KeyValueHeads != 0 || attention.HeadDim % 2 != 0)
            throw json.Bad("head_dim", "must be even, and num_key_value_heads must divide num_attention_heads");
        if (attention.Latent is { } through && (through.RotaryDim % 2 != 0 || through.RotaryDim >= attention.HeadDim
            || attention.KeyValueHeads != attention.QueryHeads || attention.Norm != HeadNorm.None || attention.Bias != AttentionBias.None))
            throw json.Bad("latent", "needs an even rotary_dim below head_dim, as many key/value heads as heads, no norm and no biases");
        attention.Experts?.Validate(attention, json.Source);
        MoesaicLayout.RefuseUnread(json);
        return attention;
    }

    static AttentionExpertsSpec ReadExperts(HfConfig json)
    {
        var experts = new AttentionExpertsSpec(MoesaicRouter.Read(json, json.Int("count", min: 1)),
            MoesaicLayout.Choice<ExpertKeys>(json, "keys"), json.BoolOr("keep_first", false));
        if (experts.Router.Policy is not null) throw json.Bad("policy", "is for the experts of feed-forwards; attention always computes the heads that its router chooses");
        MoesaicLayout.RefuseUnread(json);
        return experts;
    }

    static JsonObject WriteExperts(AttentionExpertsSpec experts)
    {
        var json = new JsonObject { ["count"] = experts.Router.Experts };
        MoesaicRouter.Write(experts.Router, json);
        json["keys"] = MoesaicLayout.Name(experts.Keys);
        if (experts.KeepFirst) json["keep_first"] = true;
        return json;
    }

    static LatentSpec ReadLatent(HfConfig json)
    {
        var latent = new LatentSpec(json.IntOr("query_rank", 0), json.Int("rank", min: 1),
            json.Int("rotary_dim", min: 2), json.Int("value_dim", min: 1))
        {
            NormEpsilon = (float)json.Number("norm_epsilon"), NeighbouringPairs = json.BoolOr("neighbouring_pairs", true),
        };
        MoesaicLayout.RefuseUnread(json);
        return latent;
    }

    /// <summary>Null when the keys of the whole model, written for <paramref name="first"/>, say it already.</summary>
    public static JsonObject? Write(AttentionSpec attention, AttentionSpec first)
    {
        var common = new AttentionSpec(first.QueryHeads, first.KeyValueHeads, first.HeadDim,
            first.Bias == AttentionBias.All ? AttentionBias.All : AttentionBias.None);
        if (attention == common) return null;
        var json = new JsonObject
        {
            ["num_attention_heads"] = attention.QueryHeads,
            ["num_key_value_heads"] = attention.KeyValueHeads,
            ["head_dim"] = attention.HeadDim,
            ["attention_bias"] = attention.Bias == AttentionBias.All,
        };
        if (attention.Bias == AttentionBias.QueryKeyValue) json["qkv_bias"] = true;
        if (attention.Norm != HeadNorm.None) json["norm"] = MoesaicLayout.Name(attention.Norm);
        if (attention.Sinks) json["sinks"] = true;
        if (attention.Window != 0) json["window"] = attention.Window;
        if (attention.ScoreFactor != 1) json["score_factor"] = CommonConfig.Number(attention.ScoreFactor);
        if (attention.Experts is { } experts) json["experts"] = WriteExperts(experts);
        if (attention.Latent is { } latent)
            json["latent"] = new JsonObject
            {
                ["query_rank"] = latent.QueryRank,
                ["rank"] = latent.Rank,
                ["rotary_dim"] = latent.RotaryDim,
                ["value_dim"] = latent.ValueDim,
                ["norm_epsilon"] = CommonConfig.Number(latent.NormEpsilon),
                ["neighbouring_pairs"] = latent.NeighbouringPairs,
            };
        return json;
    }
}
