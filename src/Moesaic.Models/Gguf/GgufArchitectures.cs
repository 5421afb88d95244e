using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Gguf;

/// <summary>The GGUF architectures this program reads and writes, and the keys they share.</summary>
static class GgufArchitectures
{
    const string ArchitectureKey = "general.architecture", TokenPrefix = "tokenizer.ggml.";

    static readonly IGgufArchitecture[] All = 
    [
        new GgufDense("qwen2", HeadNorm.None, AttentionBias.QueryKeyValue, headsFillWidth: true),
        new GgufDense("qwen3", HeadNorm.Head, AttentionBias.None, headsFillWidth: false),
        new GgufLlama(),
        new GgufMixture("qwen3moe", HeadNorm.Head, CombineWeight.Renormalised, shared: false, GgufKeys.ExpertLength),
        new GgufMixture("olmoe", HeadNorm.Projection, CombineWeight.Raw, shared: false, GgufKeys.FeedForwardLength),
        new GgufMixture("qwen2moe", HeadNorm.None, CombineWeight.Raw, shared: true, GgufKeys.ExpertLength),
        new GgufDeepSeek(),
        new GgufDeepSeek2(),
        new GgufGptOss(),
    ];

    static string Known => string.Join(", ", All.Select(a => a.Name));

    /// <summary>The architecture of a file.</summary>
    /// <exception cref="BadModelException">It is not supported; the message lists those that are.</exception>
    public static IGgufArchitecture Of(GgufMetadata metadata)
    {
        var name = metadata.Text(ArchitectureKey);
        return All.FirstOrDefault(a => a.Name == name)
            ?? throw metadata.Bad(ArchitectureKey, $"is \"{name}\", which is not supported (supported: {Known})");
    }

    /// <summary>The first that holds a shape exactly.</summary>
    /// <exception cref="BadRequestException">None does; the message says for each which feature it cannot carry.</exception>
    public static IGgufArchitecture For(ModelSpec spec)
    {
        if (CommonConfig.FormsDiffer(spec) is { } form) throw new BadRequestException($"GGUF cannot carry this model exactly: {form}.");
        foreach (var mixture in spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>())
            if (CommonConfig.ScoreDiffers(mixture.Router) is { } differs)
                throw new BadRequestException($"GGUF cannot carry this model exactly: {differs}.");
        var reasons = new List<string>();
        foreach (var architecture in All)
        {
            var canonical = Canonical(spec, architecture);
            if ((CommonConfig.ExpertAttention(spec) ?? architecture.WhyNot(canonical) ?? LostIn(architecture, canonical)) is not { } reason) return architecture;
            reasons.Add($"not as {architecture.Name}: {reason}");
        }
        throw new BadRequestException($"GGUF cannot carry this model exactly ({string.Join("; ", reasons)}).");
    }

    /// <summary>Refuses a shape that an architecture does not hold exactly, for a part of a file that goes on under its name.</summary>
    /// <exception cref="BadRequestException">The message says which feature, and what to do.</exception>
    public static void Check(IGgufArchitecture architecture, ModelSpec spec)
    {
        var canonical = Canonical(spec, architecture);
        if ((CommonConfig.FormsDiffer(spec) ?? architecture.WhyNot(canonical) ?? LostIn(architecture, canonical)) is { } reason)
            throw new BadRequestException($"GGUF ({architecture.Name}) cannot carry this part of the model exactly: {reason}. Keep equally many experts in every layer "
                + "and every feed-forward, or write a model folder, which holds any.");
    }

    /// <summary>
    /// The shape as files of an architecture state it: scales are folded into weights unless a key holds them, and one spelling
    /// of equal routers is used.
    /// </summary>
    public static ModelSpec Canonical(ModelSpec spec, IGgufArchitecture architecture) => spec with
    {
        Layers = [.. spec.Layers.Select(l => l.FeedForward is MixtureSpec { Router: var router } mixture
            ? l with { FeedForward = mixture with { Router = OneSpelling(router, architecture.CarriesScale) } }
            : l)],
    };

    static RouterSpec OneSpelling(RouterSpec router, bool scaled) =>
        (router is { SumsToScale: true, Affinity: not RouterAffinity.Sigmoid }
            ? router with { Affinity = RouterAffinity.SoftmaxBeforeSelection, Weight = CombineWeight.Renormalised } : router)
        with { Scale = scaled ? router.Scale : 1 };

    /// <summary>Reads the shape of a file.</summary>
    /// <exception cref="BadModelException">A key is missing, wrong, or asks for something not implemented.</exception>
    public static ModelSpec ReadSpec(GgufFile file)
    {
        var architecture = Of(file.Metadata);
        var keys = new GgufKeys(file.Metadata, file, architecture.Name);
        if (keys.ShapeOf("token_embd.weight") is not [var vocabulary, _] || vocabulary > int.MaxValue)
            throw new BadModelException($"{file.Path} holds no embedding table (token_embd.weight); it is a vocabulary or another kind of file.");
        keys.Metadata.Accept(keys.Full(GgufKeys.VocabularySize));
        var layers = architecture.ReadLayers(keys);
        var spec = ReadCommon(keys, layers) with
        {
            VocabularySize = (int)vocabulary,
            TiedEmbeddings = !keys.HasTensor("output.weight"),
            Rope = GgufRope.Read(keys, file, layers[0].Attention),
        };
        // As long as the context it hides nothing.
        if (keys.Metadata.IntOrNull(keys.Full(GgufKeys.SlidingWindow)) is { } window && window < spec.MaxPositions && !architecture.CarriesWindow)
            throw keys.Bad(GgufKeys.SlidingWindow, $"is {window}, which is not supported; ignoring it could change what the model computes");
        if (keys.Metadata.Unread.FirstOrDefault(k => k.StartsWith(architecture.Name + ".", StringComparison.Ordinal)) is { } unknown)
            throw keys.Metadata.Bad(unknown, "is not supported; ignoring it could change what the model computes");
        return spec;
    }

    static ModelSpec ReadCommon(GgufKeys keys, IReadOnlyList<LayerSpec> layers)
    {
        var metadata = keys.Metadata;
        return new ModelSpec
        {
            VocabularySize = 0,
            Width = keys.Int(GgufKeys.EmbeddingLength, min: 1),
            MaxPositions = keys.Int(GgufKeys.ContextLength, min: 1),
            NormEpsilon = (float)metadata.Number(keys.Full(GgufKeys.NormEpsilon)),
            Rope = new RopeConfig(10_000),
            TiedEmbeddings = false,
            Layers = layers,
            BosId = metadata.IntOrNull(TokenPrefix + "bos_token_id"),
            EosIds = [.. new[] { "eos", "eot", "eom" }.Select(r => metadata.IntOrNull($"{TokenPrefix}{r}_token_id")).OfType<int>().Distinct()],
            PadId = metadata.IntOrNull(TokenPrefix + "padding_token_id"),
        };
    }

    /// <summary>Writes the shape, except the vocabulary, which the tokenizer's keys state.</summary>
    public static void WriteSpec(IGgufArchitecture architecture, ModelSpec spec, GgufMetadata metadata)
    {
        spec = Canonical(spec, architecture);
        var keys = new GgufKeys(metadata, null, architecture.Name);
        metadata.Set(ArchitectureKey, GgufValue.Of(architecture.Name));
        keys.Set(GgufKeys.BlockCount, spec.Layers.Count);
        keys.Set(GgufKeys.ContextLength, spec.MaxPositions);
        keys.Set(GgufKeys.EmbeddingLength, spec.Width);
        keys.Set(GgufKeys.VocabularySize, spec.VocabularySize);
        keys.Set(GgufKeys.NormEpsilon, spec.NormEpsilon);
        GgufRope.Write(spec, keys);
        architecture.WriteLayers(spec, keys);
    }

    /// <summary>What is written is read again: a feature that the keys silently lose is found whatever it is.</summary>
    static string? LostIn(IGgufArchitecture architecture, ModelSpec spec)
    {
        if (GgufRope.WhyNot(spec) is { } reason) return reason;
        if (!architecture.CarriesWindow && spec.Layers.Any(l => l.Attention.Window != 0)) return "its attention has a sliding window";
        if (spec.Layers.Any(l => l.Attention.RotaryDim != spec.Layers[0].Attention.RotaryDim)) return "its heads have different widths";
        var metadata = new GgufMetadata("the keys written");
        WriteSpec(architecture, spec, metadata);
        var keys = new GgufKeys(metadata, null, architecture.Name);
        var layers = architecture.ReadLayers(keys);
        // Biases are seen from the tensors, which there are none of here.
        var expected = spec.Layers.Select(l => l with { Attention = l.Attention with { Bias = AttentionBias.None } });
        var common = ReadCommon(keys, spec.Layers) with
        {
            VocabularySize = spec.VocabularySize, TiedEmbeddings = spec.TiedEmbeddings, Rope = spec.Rope,
            BosId = spec.BosId, EosIds = spec.EosIds, PadId = spec.PadId,
        };
        return layers.SequenceEqual(expected) && common == spec ? null : "it has a feature that is not among its keys";
    }
}
