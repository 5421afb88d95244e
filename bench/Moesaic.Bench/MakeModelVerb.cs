using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;

namespace Moesaic.Bench;

/// <summary>Writes models of random weights to measure speed on, as GGUF files that llama.cpp reads too.</summary>
static class MakeModelVerb
{
    public static readonly string Usage =
        $"  make-model {string.Join('|', BenchModels.Shapes.Keys)} ENCODING FILE.gguf   a model of random weights, for example: make-model moe q4_0 moe-q4_0.gguf";

    public static int Run(string[] args)
    {
        if (args is not [var shape, var encodingName, var file] || !BenchModels.Shapes.TryGetValue(shape, out var spec)
            || !Enum.TryParse<WeightEncoding>(encodingName, ignoreCase: true, out var encoding) || !encoding.CanEncode())
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        using var weights = new RandomWeights(shape, spec);
        var writer = new GgufModelWriter(weights, encoding);
        AddVocabulary(writer.Metadata, spec.VocabularySize);
        writer.Write(file);
        Console.WriteLine($"{file}: {new FileInfo(file).Length:N0} bytes");
        return 0;
    }

    // SentencePiece with the 256 bytes and made-up words: llama.cpp wants some vocabulary.
    static void AddVocabulary(GgufMetadata metadata, int size)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), .. Enumerable.Range(259, size - 259).Select(i => $"▁w{i}")];
        const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;
        int[] types = [Unknown, Control, Control, .. Enumerable.Repeat(Byte, 256), .. Enumerable.Repeat(Normal, size - 259)];
        metadata.Set("tokenizer.ggml.model", GgufValue.Of("llama"));
        metadata.Set("tokenizer.ggml.tokens", GgufValue.Of(tokens));
        metadata.Set("tokenizer.ggml.scores", GgufValue.Of([.. Enumerable.Range(0, size).Select(i => -(float)i)]));
        metadata.Set("tokenizer.ggml.token_type", GgufValue.Of(types));
        metadata.Set("tokenizer.ggml.bos_token_id", GgufValue.Of(1u));
        metadata.Set("tokenizer.ggml.eos_token_id", GgufValue.Of(2u));
    }
}
