namespace Moesaic.Models.Experts;

/// <summary>Routers with the parameters that their settings ask for.</summary>
static class RouterFactory
{
    /// <summary>Makes a router.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="name">What the names of its parameters begin with.</param>
    /// <param name="noise">Which of the model's streams of noise is its own.</param>
    /// <param name="width">D.</param>
    /// <param name="make">Makes and lists parameters.</param>
    public static Router Make(RouterSpec spec, string name, int noise, int width, ParameterFactory make) => new(spec,
        RouterScores.Of(spec, [.. RouterScores.Shapes(spec, width).Select(m => make.Matrix($"{name}.{m.Suffix}", ParameterRole.Router, m.Rows, m.Columns))],
            spec.Bias ? make.Vector($"{name}.bias", ParameterRole.Router, spec.Experts) : null),
        spec.SelectionBias ? make.Vector($"{name}.e_score_correction_bias", ParameterRole.SelectionBias, spec.Experts) : null,
        spec.Weight == CombineWeight.One ? make.Vector($"{name}.gain", ParameterRole.Router, spec.Experts) : null,
        spec.Noise == RouterNoise.None ? null
            : new LearnedNoise(make.Matrix($"{name}.weight_noise.weight", ParameterRole.Router, spec.Experts, width), noise));

    /// <summary>How many parameters have the role of routers.</summary>
    public static long Parameters(RouterSpec spec, int width) => RouterScores.Parameters(spec, width)
        + (spec.Weight == CombineWeight.One ? spec.Experts : 0) + (spec.Noise == RouterNoise.None ? 0 : (long)spec.Experts * width);
}
