using System.Runtime.InteropServices;
using Moesaic.Formats;
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
    public void Every_published_architecture_has_a_case() => Assert.Equal(
        // Mistral is LLaMA by another name, and own layouts are not published.
        ArchitectureRegistry.All.Select(a => a.ModelType).Except(["mistral", "moesaic"]).Order(),
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
