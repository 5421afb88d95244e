using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Conversion;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Conversion;

/// <summary>Folders from layout to layout: nothing about the model changes, and what a layout cannot hold is refused by its feature.</summary>
public sealed class LayoutChangeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ModelSpec Spec(MixtureSpec mixture) => new()
    {
        VocabularySize = 23, Width = 16, MaxPositions = 32, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(4, 2, 4), mixture), 2)],
    };

    static MixtureSpec Mixture(float scale = 4, int shared = 0, RouterScore score = RouterScore.Linear) =>
        new(new RouterSpec { Experts = 4, Chosen = 2, Scale = scale, Score = score }, [6, 6, 6, 6], shared);

    string Source(MixtureSpec mixture, string? layout = null, TensorType type = TensorType.BF16)
    {
        using var model = new Model(Spec(mixture));
        ModelInitialiser.Randomise(model, 3, deviation: 0.3);
        ModelFolder.Save(model, folder["source"], new SaveOptions { Type = type, ModelType = layout });
        File.WriteAllText(folder["source/generation_config.json"], "{}");
        File.WriteAllText(folder["source/notes.txt"], "mine");
        return folder["source"];
    }

    LayoutChange Open(string input, string output, string layout, WeightEncoding? encoding = null) =>
        new(new ConversionOptions { Input = input, Output = folder[output], Layout = layout, Encoding = encoding });

    StepReport Change(string input, string output, string layout, WeightEncoding? encoding = null)
    {
        using var change = Open(input, output, layout, encoding);
        return change.Run(SilentProgress.Instance, default);
    }

    static float[] Logits(string path)
    {
        using var loaded = ModelFolder.Load(path);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return loaded.Model.Logits(workspace, loaded.Model.Hidden(workspace, PassInput.Sequence([3, 1, 4, 1, 5, 9, 2, 6]))).Span.ToArray();
    }

    [Theory]
    [InlineData("moesaic", "llama_moe_v2")]
    [InlineData("moesaic", "llama_moe")]
    [InlineData("llama_moe_v2", "llama_moe")]
    [InlineData("llama_moe_v2", "moesaic")]
    [InlineData("llama_moe_v2", "mixtral")]     // 4 is a power of two
    public void The_logits_keep_their_bits(string from, string to)
    {
        var source = Source(Mixture(), from);
        var report = Change(source, "there", to);
        Assert.Equal(Logits(source), Logits(folder["there"]));
        using (var there = StoredWeights.Open(folder["there"])) Assert.Equal((to, TensorType.BF16), (there.Layout, there.PlainType));
        Assert.Equal("{}", File.ReadAllText(folder["there/generation_config.json"]));
        Assert.Contains(report.Notes, n => n.Contains("notes.txt", StringComparison.Ordinal));
        Assert.Equal(to.StartsWith("llama", StringComparison.Ordinal), report.Notes.Any(n => n.Contains("authors' code", StringComparison.Ordinal)));
        Change(folder["there"], "back", from == "llama_moe_v2" && to == "mixtral" ? "mixtral" : from);
        Assert.Equal(Logits(source), Logits(folder["back"]));
        Assert.Equal(to != "mixtral",
            File.ReadAllBytes(folder["source/model.safetensors"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["back/model.safetensors"])));
    }

    [Fact]
    public void A_shared_expert_goes_to_deepseek_and_its_scale_is_told()
    {
        var source = Source(Mixture(scale: 3, shared: 6), "llama_moe_v2");
        var report = Change(source, "there", "deepseek", WeightEncoding.F32);
        Assert.Contains(report.Notes, n => n.Contains("rounded with them to F32", StringComparison.Ordinal));
        var (before, after) = (Logits(source), Logits(folder["there"]));
        for (var i = 0; i < before.Length; i++) Assert.Equal(before[i], after[i], 1e-4f);
    }

    [Theory]
    [InlineData("mixtral", 6, RouterScore.Linear, "it has shared experts")]
    [InlineData("deepseek", 0, RouterScore.Mlp, "scores experts by two layers")]
    [InlineData("llama", 0, RouterScore.Linear, "it has routed experts")]
    [InlineData("llama_moe_v3", 0, RouterScore.Linear, "There is no layout named")]
    public void What_a_layout_cannot_hold_is_refused_by_its_feature(string layout, int shared, RouterScore score, string said)
    {
        var source = Source(Mixture(shared: shared, score: score), "moesaic");
        Assert.Contains(said, Assert.Throws<BadRequestException>(() => Open(source, "there", layout)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gguf_folds_the_scale()
    {
        var source = Source(Mixture(scale: 2), "llama_moe_v2", TensorType.F32);
        using (var export = new GgufExport(new ConversionOptions { Input = source, Output = folder["a.gguf"] })) export.Run(SilentProgress.Instance, default);
        Assert.Equal(Logits(source), Logits(folder["a.gguf"]));
    }

    [Theory]
    [InlineData("llama_moe", 0, RouterScore.Mlp, "by two layers")]
    [InlineData("llama_moe_v2", 6, RouterScore.Linear, "it has shared experts")]
    public void Gguf_refuses_what_it_cannot_carry(string layout, int shared, RouterScore score, string said)
    {
        var source = Source(Mixture(shared: shared, score: score), layout);
        Assert.Contains(said, Assert.Throws<BadRequestException>(
            () => new GgufExport(new ConversionOptions { Input = source, Output = folder["b.gguf"] })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_type_than_most_are_told()
    {
        var source = Source(Mixture(), "moesaic");
        using (var plan = Open(source, "there", "llama_moe", WeightEncoding.F16))
            Assert.Contains(plan.Plan().Notes, n => n.Contains("rounded to F16", StringComparison.Ordinal));
        using var same = Open(source, "there", "llama_moe");
        Assert.DoesNotContain(same.Plan().Notes, n => n.Contains("rounded", StringComparison.Ordinal));
        Assert.False(Directory.Exists(folder["there"]));
    }
}
