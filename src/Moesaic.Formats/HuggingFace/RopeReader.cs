using System.Globalization;

namespace Moesaic.Formats;

/// <summary>
/// Reads rope from both places in use: <c>rope_theta</c> + <c>rope_scaling</c> (transformers 4) and <c>rope_parameters</c>
/// (transformers 5), with <c>type</c> or <c>rope_type</c>. Anything it cannot honour is refused by name.
/// </summary>
static class RopeReader
{
    const string Old = "rope_scaling", New = "rope_parameters", Theta = "rope_theta";

    internal static RopeConfig Read(HfConfig config, double defaultTheta)
    {
        RefusePartial(config, config.NumberOr("partial_rotary_factor", 1));
        double? theta = config.Has(Theta) ? config.Number(Theta) : null;
        RopeConfig? scaled = null;
        foreach (string place in (ReadOnlySpan<string>)[Old, New])
        {
            if (config.Section(place) is not { } section) continue;
            var (found, inner) = ReadSection(config, section, place);
            if (scaled is not null && scaled != found)
                throw config.Bad(New, "contradicts rope_scaling; remove one of them");
            scaled = found;
            if (inner is null) continue;
            if (theta is not null && theta != inner)
                throw config.Bad(place, string.Create(CultureInfo.InvariantCulture,
                    $"gives rope_theta {inner}, elsewhere it is {theta}; remove one of them"));
            theta = inner;
        }
        double value = theta ?? defaultTheta;
        if (value <= 0) throw config.Bad(Theta, "must be above 0");
        return (scaled ?? new RopeConfig(0)) with { Theta = value };
    }

    static (RopeConfig Scaled, double? Theta) ReadSection(HfConfig config, HfConfig section, string place)
    {
        if (section.Keys.Any(section.IsObject))
            throw config.Bad(place, "gives different parameters to different kinds of layers, which is not supported");
        RefusePartial(section, section.NumberOr("partial_rotary_factor", 1));
        double? theta = section.Has(Theta) ? section.Number(Theta) : null;
        string? type = section.TextOrNull("rope_type"), oldType = section.TextOrNull("type");
        if (type is not null && oldType is not null && type != oldType)
            throw config.Bad(place, $"has rope_type \"{type}\" but type \"{oldType}\"");
        var rope = (type ?? oldType ?? (place == New ? "default" : null)) switch
        {
            "default" => new RopeConfig(0),
            "linear" => new RopeConfig(0, RopeScaling.Linear, Factor(section)),
            "llama3" => Llama3(section),
            "yarn" => Yarn(config, section),
            null => throw config.Bad(place, "has neither rope_type nor type"),
            var other => throw config.Bad(place, $"asks for \"{other}\", which is not supported (supported: "
                + "default, linear, llama3, yarn)"),
        };
        // transformers itself writes a factor beside "default"; it means nothing there.
        if (rope.Scaling == RopeScaling.None) section.Accept("factor", "original_max_position_embeddings");
        if (section.Unread.FirstOrDefault() is { } unknown) throw section.Bad(unknown, "is not supported");
        return (rope, theta);
    }

    static RopeConfig Llama3(HfConfig section)
    {
        double low = section.Number("low_freq_factor"), high = section.Number("high_freq_factor");
        if (low <= 0 || high <= low)
            throw section.Bad("high_freq_factor", "must be above low_freq_factor, and that above 0");
        int original = section.Int("original_max_position_embeddings", min: 1);
        return new RopeConfig(0, RopeScaling.Llama3, Factor(section), low, high, original);
    }

    static RopeConfig Yarn(HfConfig config, HfConfig section)
    {
        double fast = section.NumberOr("beta_fast", 32), slow = section.NumberOr("beta_slow", 1);
        if (slow <= 0 || fast < slow) throw section.Bad("beta_fast", "must not be below beta_slow, and that above 0");
        double scale = section.NumberOr("mscale", 0), all = section.NumberOr("mscale_all_dim", 0);
        if (scale < 0 || all < 0) throw section.Bad("mscale", "and mscale_all_dim must not be negative");
        // Alone, Hugging Face ignores it and DeepSeek's own code does not.
        if (scale is not (0 or 1) && all == 0)
            throw section.Bad("mscale", "without mscale_all_dim means different things to different programs; give both");
        var factor = section.NumberOrNull("attention_factor");
        if (factor <= 0) throw section.Bad("attention_factor", "must be above 0");
        return new RopeConfig(0, RopeScaling.Yarn, Factor(section),
            OriginalContext: section.IntOrNull("original_max_position_embeddings", min: 1) ?? config.Int("max_position_embeddings", min: 1))
        {
            BetaFast = fast, BetaSlow = slow, MScale = scale, MScaleAllDim = all, AttentionFactor = factor,
            Truncate = section.BoolOr("truncate", true),
        };
    }

    static double Factor(HfConfig section)
    {
        double factor = section.Number("factor");
        return factor >= 1 ? factor : throw section.Bad("factor", "must be 1 or more");
    }

    static void RefusePartial(HfConfig config, double fraction)
    {
        if (fraction != 1) throw config.Bad("partial_rotary_factor", "other than 1 is not supported");
    }
}
