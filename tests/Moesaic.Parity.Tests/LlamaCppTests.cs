using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.LlamaCpp;
using Moesaic.Methods.Conversion;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text;

namespace Moesaic.Parity.Tests;

/// <summary>llama.cpp reads the GGUF files written here and computes the same.</summary>
public sealed class LlamaCppTests : IDisposable
{
    static readonly string[] Refused =
    [
        "deepseek-norm",        // combine weights renormalised beside shared experts
        "deepseek-freq2",       // dense layers between mixtures
        "qwen3-moe-raw",        // weights not renormalised, which the architecture's name decides
        "qwen2-moe", "qwen2-moe-norm",      // dense layers between mixtures
        "olmoe",                // query heads that share key heads
        "deepseek-v2-lite",     // queries through no latent, which llama.cpp expects of 26 or 27 layers alone
        "deepseek-v2-groups",   // groups compared by their best expert, an epsilon of the latents' own
        "mistral-window", "mixtral-window", "qwen2-window", "qwen3-window",     // sliding windows, which those architectures do not have there
        "gpt-oss", "gpt-oss-types",         // a stretched context that is not rounded, windows in other layers than every second
        "llama-moe", "llama-moe-residual",      // a score of two layers
        "llama-moe-v2", "llama-moe-v2-attention",       // dense layers at both ends, attention experts
    ];

    readonly string folder = Directory.CreateTempSubdirectory("moesaic-llama-").FullName;

    public LlamaCppTests()
    {
        if (!LlamaLibrary.IsThere) Assert.Skip(LlamaLibrary.HowToInstall);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string> Cases => [.. GoldenCase.Names.Except(Refused)];

    string Write(string model, WeightEncoding encoding)
    {
        var path = Path.Combine(folder, $"{encoding}.gguf");
        using var export = new GgufExport(new ConversionOptions { Input = model, Output = path, Encoding = encoding });
        export.Run(SilentProgress.Instance, default);
        return path;
    }

    static string Demo => Path.Combine(AppContext.BaseDirectory, "models", "demo");

    static float[] Logits(Model model, int[] tokens)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(tokens))).Span.ToArray();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_architecture_gives_the_same_logits(string name)
    {
        using var golden = new GoldenCase(name);
        using var ours = ModelFolder.Load(golden.Folder);
        var random = new Random(1);
        var tokens = Enumerable.Range(0, 24).Select(_ => random.Next(ours.Model.Spec.VocabularySize)).ToArray();
        using var theirs = new LlamaModel(Write(golden.Folder, WeightEncoding.F32), 64, threads: 2, exact: true);
        Compare(Logits(ours.Model, tokens), theirs.Logits(tokens, ours.Model.Spec.VocabularySize), ours.Model.Spec.VocabularySize, 1e-5);
    }

    [Theory]
    [MemberData(nameof(LlamaGoldenTests.Cases), MemberType = typeof(LlamaGoldenTests))]
    public void Every_architecture_that_it_knows_is_written_and_written_again(string name)
    {
        using var ours = ModelFolder.Load(LlamaGoldenTests.Folder(name));
        var vocabulary = ours.Model.Spec.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, 24).Select(t => (7 * t + t * t) % vocabulary)];
        var expected = Logits(ours.Model, tokens);
        // From the folder, and from the file that another program wrote: encoded anew, it must not keep keys that no longer hold.
        foreach (var source in (string[])[LlamaGoldenTests.Folder(name), Path.Combine(LlamaGoldenTests.Folder(name), "model.gguf")])
        {
            var path = Write(source, WeightEncoding.F32);
            using (var theirs = new LlamaModel(path, 64, threads: 2, exact: true))
                Compare(expected, theirs.Logits(tokens, vocabulary), vocabulary, 1e-4);
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(NotCarried))]
    public void What_GGUF_cannot_carry_is_refused(string name)
    {
        using var golden = new GoldenCase(name);
        Assert.Throws<BadRequestException>(() => Write(golden.Folder, WeightEncoding.F32));
    }

    public static TheoryData<string> NotCarried => [.. Refused];

    [Theory]
    [InlineData(WeightEncoding.F32, 1e-5)]
    // There activations are rounded too: to halves, or to 8 bits.
    [InlineData(WeightEncoding.F16, 1e-2)]
    [InlineData(WeightEncoding.BF16, 1e-2)]
    [InlineData(WeightEncoding.Q8_0, 5e-2)]
    [InlineData(WeightEncoding.Q4_0, 5e-2)]
    [InlineData(WeightEncoding.Q5_1, 5e-2)]
    [InlineData(WeightEncoding.Q4_K, 5e-2)]
    [InlineData(WeightEncoding.Q6_K, 5e-2)]
    [InlineData(WeightEncoding.IQ4_NL, 5e-2)]
    [InlineData(WeightEncoding.MXFP4, 5e-2)]
    public void The_demo_model_gives_the_same_logits(WeightEncoding encoding, double tolerance)
    {
        var path = Write(Demo, encoding);
        using var ours = ModelFolder.Load(path);
        var tokens = TokenizerLoader.Load(path).Encode("Returns the number of elements in the collection that satisfy a condition. "
            + "The asynchronous operation is cancelled when the token is signalled, and the result is null.");
        using var stored = ModelFolder.Load(path, WeightStorage.Stored);
        using var theirs = new LlamaModel(path, 512, threads: 2, exact: true);
        var (expected, vocabulary) = (theirs.Logits(tokens, ours.Model.Spec.VocabularySize), ours.Model.Spec.VocabularySize);
        Compare(Logits(ours.Model, tokens), expected, vocabulary, tolerance);
        Compare(Logits(stored.Model, tokens), expected, vocabulary, tolerance);
    }

    public static TheoryData<WeightEncoding> Encodable => [.. Enum.GetValues<WeightEncoding>().Where(e => e.CanEncode())];

    [Theory]
    [MemberData(nameof(Encodable))]
    public void The_demo_model_has_the_same_perplexity_within_half_a_percent(WeightEncoding encoding)
    {
        // Few tokens, for speed; more than 10,000 of the same text were within the bound too.
        const int Window = 256, Windows = 3;
        var path = Write(Demo, encoding);
        using var stored = ModelFolder.Load(path, WeightStorage.Stored);
        using var theirs = new LlamaModel(path, Window, threads: 2);
        var text = string.Join('\n', Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "docs"), "*.md").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        var tokens = TokenizerLoader.Load(path).Encode(text);
        var vocabulary = stored.Model.Spec.VocabularySize;
        double own = 0, peer = 0;
        var count = 0;
        for (var start = 0; start < Windows * Window; start += Window)
        {
            var window = tokens[start..(start + Window)];
            own += Loss(Logits(stored.Model, window), window, vocabulary);
            peer += Loss(theirs.Logits(window, vocabulary), window, vocabulary);
            count += Window - 1;
        }
        Assert.InRange(Math.Exp((own - peer) / count), 0.995, 1.005);
    }

    /// <summary>Sum over a window of −log p(next token).</summary>
    static double Loss(float[] logits, int[] tokens, int vocabulary)
    {
        var loss = 0.0;
        for (var t = 0; t + 1 < tokens.Length; t++)
        {
            var row = logits.AsSpan(t * vocabulary, vocabulary);
            double top = float.NegativeInfinity, sum = 0;
            foreach (var z in row) top = Math.Max(top, z);
            foreach (var z in row) sum += Math.Exp(z - top);
            loss += top + Math.Log(sum) - row[tokens[t + 1]];
        }
        return loss;
    }

    [Fact]
    public void The_demo_model_gives_the_same_tokens()
    {
        var path = Write(Demo, WeightEncoding.Q8_0);
        var ours = TokenizerLoader.Load(path);
        using var theirs = new LlamaModel(path, 64, threads: 1);
        Assert.Equal(theirs.VocabularySize, ours.VocabularySize);
        foreach (var text in (string[])["", "Returns", " a  b   c\n\n\td", "don't we'LL 12345.678", "<|im_start|>user\nhi<|im_end|>", "é漢字😀 naïve", "\0\u00A0|x"])
        {
            foreach (var parse in (bool[])[false, true])
                Assert.Equal(theirs.Tokenize(text, addSpecial: true, parse), ours.Encode(text, addSpecial: true, parse));
        }
    }

    /// <summary>Close as a whole, and the same choice wherever the choice is not within the error.</summary>
    static void Compare(float[] ours, float[] theirs, int vocabulary, double tolerance)
    {
        var agreement = LogitAgreement.Of(ours, theirs, vocabulary);
        TestContext.Current.TestOutputHelper?.WriteLine(agreement.ToString());
        Assert.InRange(agreement.RelativeError, 0, tolerance);
        Assert.True(agreement.ClearPositions > 0, "no position has a clear choice");
        Assert.Equal(0, agreement.OtherChoices);
    }
}
