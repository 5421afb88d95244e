using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>How a model's makers want tokens chosen where nobody says otherwise: what generation_config.json has. Null: nothing was said.</summary>
public sealed record GenerationDefaults
{
    /// <inheritdoc cref="SamplingOptions.Temperature"/>
    public float? Temperature { get; init; }

    /// <inheritdoc cref="SamplingOptions.TopK"/>
    public int? TopK { get; init; }

    /// <inheritdoc cref="SamplingOptions.TopP"/>
    public float? TopP { get; init; }

    /// <inheritdoc cref="SamplingOptions.MinP"/>
    public float? MinP { get; init; }

    /// <inheritdoc cref="SamplingOptions.TypicalP"/>
    public float? TypicalP { get; init; }

    /// <inheritdoc cref="SamplingOptions.RepetitionPenalty"/>
    public float? RepetitionPenalty { get; init; }

    /// <summary>
    /// Reads generation_config.json: temperature, top_k, top_p, min_p, typical_p and repetition_penalty. With <c>do_sample: false</c> the
    /// temperature is 0. Everything empty where there is no such file.
    /// </summary>
    /// <param name="folder">The model's folder, or a GGUF file, which has none.</param>
    /// <exception cref="BadModelException">The file is damaged, or a value is out of range.</exception>
    public static GenerationDefaults Read(string folder)
    {
        var path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path)) return new GenerationDefaults();
        var config = HfConfig.Load(path);
        var defaults = new GenerationDefaults
        {
            Temperature = config.BoolOr("do_sample", true) ? Number("temperature") : 0,
            TopK = config.IntOrNull("top_k"), TopP = Number("top_p"), MinP = Number("min_p"), TypicalP = Number("typical_p"),
            RepetitionPenalty = Number("repetition_penalty"),
        };
        try
        {
            defaults.Over(new SamplingOptions()).Validate();
        }
        catch (BadRequestException e)
        {
            throw new BadModelException($"{path}: {e.Message}", e);
        }
        return defaults;

        float? Number(string key) => (float?)config.NumberOrNull(key);
    }

    /// <summary>Options with what is said here.</summary>
    /// <param name="options">Where nothing is said.</param>
    public SamplingOptions Over(SamplingOptions options) => options with
    {
        Temperature = Temperature ?? options.Temperature, TopK = TopK ?? options.TopK, TopP = TopP ?? options.TopP, MinP = MinP ?? options.MinP,
        TypicalP = TypicalP ?? options.TypicalP, RepetitionPenalty = RepetitionPenalty ?? options.RepetitionPenalty,
    };
}
