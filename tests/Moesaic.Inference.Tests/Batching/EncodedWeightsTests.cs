using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;

namespace Moesaic.Inference.Tests.Batching;

/// <summary>What holds for float32 weights must hold for encoded ones: nobody sees who else is in the batch.</summary>
public sealed class EncodedWeightsTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;

    public static TheoryData<WeightEncoding> Encodings =>
        [WeightEncoding.F16, WeightEncoding.BF16, WeightEncoding.Q8_0, WeightEncoding.Q4_0, WeightEncoding.Q4_K, WeightEncoding.Q6_K];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Companions_threads_and_chunks_do_not_change_a_bit(WeightEncoding encoding)
    {
        foreach (var source in new[] { ShippedModel.Folder, Mixture() })
        {
            using var loaded = Load(source, encoding);
            int[] lengths = [1, 5, 33, 40];
            var prompts = lengths.Select((length, i) => TinyModels.Tokens(length, i)).ToList();
            var alone = prompts.Select(prompt => Run(loaded.Model, [prompt], 256)[0]).ToList();
            var before = WorkerTeam.Threads;
            try
            {
                foreach (var threads in new[] { 1, 3 })
                {
                    WorkerTeam.Threads = threads;
                    Assert.Equal(alone, Run(loaded.Model, prompts, chunk: 256));
                    Assert.Equal(alone, Run(loaded.Model, prompts, chunk: 7));
                }
            }
            finally
            {
                WorkerTeam.Threads = before;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_step_allocates_no_managed_memory(WeightEncoding encoding)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        using var loaded = Load(ShippedModel.Folder, encoding);
        using var decoder = new BatchDecoder(loaded.Model, new BatchOptions { CacheTokens = 400 });
        var sequences = Enumerable.Range(0, 3).Select(i => decoder.Add(TinyModels.Tokens(20, i), 100)).ToList();
        decoder.Step();
        var least = long.MaxValue;
        for (var t = 0; t < 70; t++)
        {
            foreach (var sequence in sequences) sequence.Append(t);
            var before = GC.GetAllocatedBytesForCurrentThread();
            decoder.Step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    /// <summary>The logits after each prompt and three more tokens.</summary>
    static List<float[]> Run(Model model, IReadOnlyList<int[]> prompts, int chunk)
    {
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 400, Chunk = chunk });
        var sequences = prompts.Select(prompt => decoder.Add(prompt, prompt.Length + 3)).ToList();
        while (decoder.Step() > 0)
            foreach (var sequence in sequences.Where(s => s.HasLogits && s.Length < s.Capacity)) sequence.Append(sequence.Length * 3);
        // Those that came to their end in earlier steps have no logits any more: the last token once more.
        foreach (var sequence in sequences)
        {
            var last = sequence.Tokens[^1];
            sequence.Truncate(sequence.Length - 1);
            sequence.Append(last);
        }
        decoder.Step();
        return [.. sequences.Select(s => s.Logits.ToArray())];
    }

    /// <summary>Wide enough for blocks of 256, and the same in all layers, as GGUF wants it.</summary>
    string Mixture()
    {
        var layer = new LayerSpec(new AttentionSpec(8, 4, 32),
            new MixtureSpec(new RouterSpec { Experts = 4, Chosen = 2 }, [256, 256, 256, 256]));
        using var model = new Model(new ModelSpec
        {
            VocabularySize = 300, Width = 256, MaxPositions = 128, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000),
            TiedEmbeddings = false, Layers = [layer, layer],
        });
        ModelInitialiser.Randomise(model, seed: 2, deviation: 0.1);
        var path = Path.Combine(folder, "mixture");
        ModelFolder.Save(model, path, new SaveOptions());
        return path;
    }

    LoadedModel Load(string source, WeightEncoding encoding)
    {
        var path = Path.Combine(folder, "model.gguf");
        using (var weights = StoredWeights.Open(source)) new GgufModelWriter(weights, encoding).Write(path);
        return ModelFolder.Load(path, WeightStorage.Stored);
    }
}
