using System.Globalization;
using System.Text.Json.Nodes;

namespace Moesaic.Formats;

/// <summary>
/// Writes the parts of config.json that exist in two spellings, in both, so that old and new readers agree.
/// </summary>
public static class HfConfigSpelling
{
    /// <summary>Sets <c>dtype</c> and <c>torch_dtype</c>.</summary>
    public static void SetDType(JsonObject config, TensorType type)
    {
        config["dtype"] = type.ConfigName();
        config["torch_dtype"] = type.ConfigName();
    }

    /// <summary>
    /// Sets <c>rope_theta</c> and <c>rope_scaling</c> (transformers 4) and <c>rope_parameters</c> (transformers 5).
    /// </summary>
    public static void SetRope(JsonObject config, RopeConfig rope)
    {
        config["rope_theta"] = Float(rope.Theta);
        config["rope_scaling"] = rope.Scaling == RopeScaling.None ? null : Parameters(rope);
        var parameters = Parameters(rope);
        parameters["rope_theta"] = Float(rope.Theta);
        config["rope_parameters"] = parameters;
    }

    static JsonObject Parameters(RopeConfig rope)
    {
        var json = new JsonObject { ["rope_type"] = rope.Scaling switch
        {
            RopeScaling.None => "default",
            RopeScaling.Linear => "linear",
            RopeScaling.Llama3 => "llama3",
            RopeScaling.Yarn => "yarn",
            _ => throw new ArgumentOutOfRangeException(nameof(rope), rope.Scaling, "not a rope scaling"),
        } };
        if (rope.Scaling == RopeScaling.None) return json;
        json["factor"] = Float(rope.Factor);
        if (rope.Scaling == RopeScaling.Linear)
        {
            json["type"] = "linear";
            return json;
        }
        json["original_max_position_embeddings"] = rope.OriginalContext;
        if (rope.Scaling == RopeScaling.Yarn)
        {
            // DeepSeek's own code reads the older key alone.
            json["type"] = "yarn";
            json["beta_fast"] = Float(rope.BetaFast);
            json["beta_slow"] = Float(rope.BetaSlow);
            if (rope.MScale != 0) json["mscale"] = Float(rope.MScale);
            if (rope.MScaleAllDim != 0) json["mscale_all_dim"] = Float(rope.MScaleAllDim);
            if (rope.AttentionFactor is { } gain) json["attention_factor"] = Float(gain);
            if (!rope.Truncate) json["truncate"] = false;
            return json;
        }
        json["low_freq_factor"] = Float(rope.LowFrequencyFactor);
        json["high_freq_factor"] = Float(rope.HighFrequencyFactor);
        return json;
    }

    /// <summary>8 as 8.0: transformers takes a factor written without a point for an integer and complains.</summary>
    static JsonNode Float(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0")!;
    }
}
