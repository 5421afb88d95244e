using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>The layouts this program reads and writes, the most widely readable first.</summary>
public static class ArchitectureRegistry
{
    /// <summary>
    /// All of them. Those after our own, which holds every shape, need published model code beside the weights and are written when
    /// they are asked for by name.
    /// </summary>
    public static IReadOnlyList<IArchitecture> All { get; } =
    [
        new Llama("llama", "LlamaForCausalLM"),
        new Llama("mistral", "MistralForCausalLM"),
        new Qwen2(),
        new Qwen3(),
        new Mixtral(),
        new Qwen3Moe(),
        new Olmoe(),
        new Qwen2Moe(),
        new DeepSeek(),
        new DeepSeekV2(),
        new DeepSeekV3(),
        new GptOss(),
        new MoesaicLayout(),
        new LlamaMoe(residual: false),
        new LlamaMoe(residual: true),
        new LlamaMoeV2(),
    ];

    /// <summary>The layout of a checkpoint.</summary>
    /// <exception cref="BadModelException">The model type is unknown; the message lists the known ones.</exception>
    public static IArchitecture Of(HfConfig config)
    {
        // The last one has the word: a layout that extends another knows its own keys.
        return All.LastOrDefault(a => a.Reads(config))
            ?? throw config.Bad("model_type", $"is \"{config.ModelType}\", which is not supported (supported: {Known})");
    }

    /// <summary>The layout of that name.</summary>
    /// <exception cref="BadRequestException">It is unknown, or cannot hold the shape.</exception>
    public static IArchitecture Named(string modelType, ModelSpec spec)
    {
        var found = All.FirstOrDefault(a => a.ModelType == modelType)
            ?? throw new BadRequestException($"There is no layout named \"{modelType}\"; there are {Known}.");
        return WhyNot(found, spec) is not { } reason ? found
            : throw new BadRequestException($"This model cannot be written as {modelType}: {reason}. The most standard layout that holds it is {MostStandard(spec, out _).ModelType}.");
    }

    /// <summary>The most standard layout that holds a shape exactly.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="refused">Why those before it do not.</param>
    public static IArchitecture MostStandard(ModelSpec spec, out IReadOnlyList<string> refused)
    {
        var reasons = new List<string>();
        refused = reasons;
        foreach (var architecture in All)
        {
            if (WhyNot(architecture, spec) is not { } reason) return architecture;
            reasons.Add($"not {architecture.ModelType}: {reason}");
        }
        throw new InvalidOperationException("no layout holds the model, although moesaic holds every one");
    }

    static string? WhyNot(IArchitecture architecture, ModelSpec spec) =>
        !architecture.CarriesForms && CommonConfig.FormsDiffer(spec) is { } reason ? reason
        : !architecture.CarriesExpertBias && spec.Layers.Any(l => l.FeedForward is MixtureSpec { ExpertBias: true } or MixtureSpec { Clamp: not null } or MixtureSpec { Router.Bias: true })
            ? "its experts or its router have biases, or its experts cut off large values" : architecture.WhyNot(spec);

    static string Known => string.Join(", ", All.Select(a => a.ModelType));
}
