using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Conversion;
using Moesaic.Methods.Inspection;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Parity.Tests;

/// <summary>
/// Every family against logits of llama.cpp: from the Hugging Face folder, and from a GGUF file that another program wrote as
/// llama.cpp's convert script does.
/// </summary>
public sealed class LlamaGoldenTests
{
    const double Tolerance = 1e-4;      // of ‖a − b‖ / ‖b‖

    static string Root => Path.Combine(AppContext.BaseDirectory, "Golden", "llama.cpp");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Root).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    public static string Folder(string name) => Path.Combine(Root, name);

    [Fact]
    public void An_architecture_says_that_it_was_compared_when_it_has_a_case() => Assert.Equal(
        ArchitectureRegistry.All.Where(a => a.VerifiedBy.HasFlag(Oracles.LlamaCpp)).Select(a => a.ModelType).Order(),
        Cases.Select(c => HfFolder.OpenConfig(Folder(c.Data)).ModelType).Distinct().Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_folder_gives_its_logits(string name) => Compare(name, Folder(name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_gives_its_logits(string name) => Compare(name, Path.Combine(Folder(name), "model.gguf"));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Folder_and_file_have_the_same_shape(string name)
    {
        ModelSpec folder = ModelFolder.ReadSpec(Folder(name)), file = ModelFolder.ReadSpec(Path.Combine(Folder(name), "model.gguf"));
        Assert.Equal(folder.Layers, file.Layers);
        Assert.Equal((folder.Width, folder.VocabularySize, folder.MaxPositions, folder.TiedEmbeddings, folder.NormEpsilon),
            (file.Width, file.VocabularySize, file.MaxPositions, file.TiedEmbeddings, file.NormEpsilon));
        // Llama 3's scaling is stored as its effect, YaRN's numbers as float32.
        Assert.Equal((folder.Rope.Scaling, folder.Rope.Theta, folder.Rope.Factor), (file.Rope.Scaling, file.Rope.Theta, Math.Round(file.Rope.Factor, 4)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_becomes_a_folder_again(string name)
    {
        var output = Directory.CreateTempSubdirectory("moesaic-parity-");
        try
        {
            var folder = Path.Combine(output.FullName, "hf");
            using (var import = new GgufImport(new ConversionOptions
                { Input = Path.Combine(Folder(name), "model.gguf"), Output = folder, Encoding = WeightEncoding.F32 }))
                import.Run(SilentProgress.Instance, default);
            Compare(name, folder);
        }
        finally
        {
            output.Delete(recursive: true);
        }
    }

    [Fact]
    public void Inspection_counts_a_projection_that_lies_in_two_tensors()
    {
        var report = ModelInspection.Inspect(Path.Combine(Folder("deepseek_v3"), "model.gguf"), check: true, SilentProgress.Instance);
        var rows = report.Tables.Single(t => t.Title == "Encodings").Rows;
        Assert.Equal("2", rows.Single(r => r[0].Contains("latent", StringComparison.Ordinal))[1]);
        Assert.Contains(report.Notes, n => n.Contains("compared with PyTorch (logits and gradients) and llama.cpp (logits)", StringComparison.Ordinal));
    }

    static void Compare(string name, string path)
    {
        using var golden = TensorStore.Open(Path.Combine(Folder(name), "logits.safetensors"));
        var tokens = MemoryMarshal.Cast<byte, int>(golden.Bytes("tokens")).ToArray();
        var expected = new float[golden.Info("logits").ElementCount];
        golden.Read("logits", expected);
        using var loaded = ModelFolder.Load(path);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var found = loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, PassInput.Sequence(tokens))).Span;
        Assert.Equal(expected.Length, found.Length);
        double difference = 0, size = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)found[i] - expected[i], 2);
            size += Math.Pow(expected[i], 2);
        }
        var error = Math.Sqrt(difference / size);
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"relative error {error:E2}"));
        Assert.InRange(error, 0, Tolerance);
    }
}
