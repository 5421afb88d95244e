using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Routers with the parameters that their settings ask for.</summary>
static class RouterFactory
{
    /// <summary>Makes a router.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="name">What the names of its parameters begin with.</param>
    /// <param name="stream">Which of the model's streams of noise is its own.</param>
    /// <param name="width">D.</param>
    /// <param name="make">Makes and lists parameters.</param>
    /// <param name="expertWidths">E widths, of which those of 0 mean experts that are not there; null when all are.</param>
    public static Router Make(RouterSpec spec, string name, int stream, int width, ParameterFactory make, IReadOnlyList<int>? expertWidths = null)
    {
        var key = MakeKey(spec, name, make);
        WeightMatrix[] matrices = [.. RouterScores.Shapes(spec, KeyWidth(spec, width))
            .Select(m => make.Matrix($"{name}.{m.Suffix}", ParameterRole.Router, m.Rows, m.Columns))];
        var score = RouterScores.Of(spec, matrices,
            spec.Bias ? make.Vector($"{name}.bias", ParameterRole.Router, spec.Scored) : null,
            spec.Score == RouterScore.Cosine ? make.Vector($"{name}.temperature", ParameterRole.Router, 1) : null);
        return new(spec, score,
            spec.SelectionBias ? make.Vector($"{name}.e_score_correction_bias", ParameterRole.SelectionBias, spec.Experts) : null,
            spec.Weight == CombineWeight.One ? make.Vector($"{name}.gain", ParameterRole.Router, spec.Experts) : null,
            spec.Noise == RouterNoise.Learned
                ? new LearnedNoise(make.Matrix($"{name}.weight_noise.weight", ParameterRole.Router, spec.Scored, width), stream) : null)
        {
            Key = key,
            GroupWeight = spec.Groups is { Score: GroupScore.Own } groups
                ? make.Matrix($"{name}.groups.weight", ParameterRole.Router, groups.Count, width) : null,
            Stream = stream,
            Absent = expertWidths?.Contains(0) is true ? [.. expertWidths.Select(w => w == 0)] : [],
        };
    }

    /// <summary>How many parameters have the role of routers.</summary>
    public static long Parameters(RouterSpec spec, int width) => RouterScores.Parameters(spec, KeyWidth(spec, width))
        + (spec.Weight == CombineWeight.One ? spec.Experts : 0) + (spec.Noise == RouterNoise.Learned ? (long)spec.Scored * width : 0)
        + ((long)spec.Keys * (spec.KeyWidth > 0 ? spec.KeyWidth : spec.Scored))
        + (spec.Groups is { Score: GroupScore.Own } groups ? (long)groups.Count * width : 0);

    static IRouterKey? MakeKey(RouterSpec spec, string name, ParameterFactory make) => spec.Key switch
    {
        RouterKey.Token => null,
        RouterKey.Sequence => new SequenceKey(),
        RouterKey.Prefix => new PrefixKey(),
        RouterKey.Task or RouterKey.Cluster => new EmbeddedKey(spec.Key, make.Matrix($"{name}.keys.weight", ParameterRole.Router, spec.Keys,
            spec.Score == RouterScore.Table ? spec.Scored : spec.KeyWidth)),
        RouterKey.TokenId => new HashedKey(spec.Experts, spec.Chosen, spec.HashSeed),
        _ => throw new ArgumentException($"unknown key {spec.Key}", nameof(spec)),
    };

    static int KeyWidth(RouterSpec spec, int width) => spec.KeyWidth > 0 ? spec.KeyWidth : width;
}
