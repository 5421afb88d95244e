using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Methods.Conversion;
using Moesaic.Methods.Inspection;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Evaluation;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Methods.Tests.Conversion;

public sealed class ConversionTests(TinyFolder source) : IClassFixture<TinyFolder>, IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    ConversionOptions Options(string input, string output, WeightEncoding? encoding = null) => new() { Input = input, Output = folder[output], Encoding = encoding };

    StepReport Export(string output, WeightEncoding? encoding = null, string? input = null)
    {
        using var export = new GgufExport(Options(input ?? source.Model, output, encoding));
        return export.Run(SilentProgress.Instance, default);
    }

    StepReport Import(string input, string output, WeightEncoding? encoding = null)
    {
        using var import = new GgufImport(Options(folder[input], output, encoding));
        return import.Run(SilentProgress.Instance, default);
    }

    static Dictionary<string, double> Figures(StepReport report) => report.Figures.ToDictionary(f => f.Key, f => f.Value);

    [Fact]
    public void There_and_back_again_nothing_changes()
    {
        var report = Export("a.gguf");
        Assert.Equal(0, Figures(report)["largest_relative_error"]);
        Import("a.gguf", "hf");
        using var before = TensorStore.Open(source.Model);
        using var after = TensorStore.Open(folder["hf"]);
        Assert.Equal(before.Tensors.Select(t => t.ToString()).Order(StringComparer.Ordinal), after.Tensors.Select(t => t.ToString()).Order(StringComparer.Ordinal));
        foreach (var tensor in before.Tensors) Assert.True(before.Bytes(tensor.Name).SequenceEqual(after.Bytes(tensor.Name)), tensor.Name);
        Assert.Equal(ModelFolder.ReadSpec(source.Model).Layers, ModelFolder.ReadSpec(folder["hf"]).Layers);

        var text = File.ReadAllText(source.Text);
        ITokenizer[] tokenizers = [TokenizerLoader.Load(source.Model), TokenizerLoader.Load(folder["a.gguf"]), TokenizerLoader.Load(folder["hf"])];
        Assert.All(tokenizers, t => Assert.Equal(tokenizers[0].Encode(text), t.Encode(text)));
        Assert.All(tokenizers, t => Assert.Equal(tokenizers[0].EosId, t.EosId));
    }

    [Fact]
    public void All_tokens_that_end_a_text_and_the_template_travel()
    {
        var copy = Directory.CreateDirectory(folder["copy"]).FullName;
        foreach (var file in Directory.GetFiles(source.Model)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(copy, "generation_config.json"), """{"eos_token_id": [5, 7]}""");
        File.WriteAllText(Path.Combine(copy, "chat_template.jinja"), "{{ messages[0].content }}!");
        Export("a.gguf", input: copy);
        Import("a.gguf", "hf");
        var before = EndOfText.Ids(copy, ModelFolder.ReadSpec(copy), TokenizerLoader.Load(copy));
        Assert.Superset(new HashSet<int> { 5, 7 }, before.ToHashSet());
        foreach (var path in new[] { folder["a.gguf"], folder["hf"] })
        {
            Assert.Equal(before.Order(), EndOfText.Ids(path, ModelFolder.ReadSpec(path), TokenizerLoader.Load(path)).Order());
            Assert.Equal("hi!", ChatTemplate.Load(path).Render([new ChatMessage("user", "hi")]));
        }
    }

    [Fact]
    public void Fewer_bits_are_accounted_for_tensor_by_tensor()
    {
        var report = Export("q.gguf", WeightEncoding.Q4_K);
        Assert.Contains(report.Notes, n => n.Contains("stored as Q5_0", StringComparison.Ordinal) && n.Contains("Q4_K blocks", StringComparison.Ordinal));
        var rows = report.Tables[0].Rows.ToDictionary(r => r[0], r => r);
        Assert.Equal("Q5_0 for Q4_K", rows["blk.0.ffn_gate_exps.weight"][1]);      // rows of 32
        Assert.Equal("F16 for Q4_K", rows["blk.0.ffn_down_exps.weight"][1]);       // rows of 24
        Assert.Equal("F32", rows["blk.0.ffn_gate_inp.weight"][1]);
        Assert.InRange(Figures(report)["largest_relative_error"], 0.01, 0.2);
        Assert.True(Figures(report)["weights"] < Figures(report)["weights_before"]);
        Assert.Equal(new FileInfo(folder["q.gguf"]).Length, Figures(report)["file"]);

        var back = Import("q.gguf", "hf");
        Assert.Contains(back.Notes, n => n.Contains("does not come back", StringComparison.Ordinal) && n.Contains("rounded once more, to F16", StringComparison.Ordinal));
        Assert.InRange(Figures(back)["relative_error"], 1e-6, 1e-3);
        Assert.Contains(Import("q.gguf", "hf32", WeightEncoding.F32).Notes, n => n.Contains("kept exactly", StringComparison.Ordinal));
    }

    [Fact]
    public void A_plan_writes_nothing()
    {
        using var export = new GgufExport(Options(source.Model, "a.gguf", WeightEncoding.Q8_0));
        var plan = export.Plan();
        Assert.Contains("tensors in Q8_0", plan.Summary, StringComparison.Ordinal);
        Assert.True(plan.OutputBytes > 0 && plan.Seconds > 0 && plan.ReadBytes > 0);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
        var report = export.Run(SilentProgress.Instance, default);
        Assert.InRange(Figures(report)["file"], 0.5 * plan.OutputBytes, 2.0 * plan.OutputBytes);
    }

    [Fact]
    public void Outputs_are_not_overwritten_unasked()
    {
        Export("a.gguf");
        Assert.Contains("exists already", Assert.Throws<BadRequestException>(() => Export("a.gguf")).Message, StringComparison.Ordinal);
        new GgufExport(Options(source.Model, "a.gguf") with { Overwrite = true }).Dispose();
        Assert.Contains("is the input", Assert.Throws<BadRequestException>(() => Export("a.gguf", input: folder["a.gguf"])).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["b.gguf"]);
        Assert.Contains("is a folder", Assert.Throws<BadRequestException>(() => Export("b.gguf")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_folder_cannot_hold_is_refused()
    {
        Export("a.gguf");
        Assert.Contains("cannot hold Q4_0", Assert.Throws<BadRequestException>(() => Import("a.gguf", "hf", WeightEncoding.Q4_0)).Message, StringComparison.Ordinal);
        Assert.Contains("read but not written", Assert.Throws<BadRequestException>(() => new GgufExport(
            Options(source.Model, "b.gguf", WeightEncoding.F32) with { Embeddings = WeightEncoding.IQ2_XXS }) is var e && Disposed(e)).Message, StringComparison.Ordinal);

        static bool Disposed(GgufExport export)
        {
            export.Dispose();
            return true;
        }
    }

    [Fact]
    public void A_file_is_inspected_planned_and_refused_where_folders_are_needed()
    {
        Export("a.gguf", WeightEncoding.Q8_0);
        var report = ModelInspection.Inspect(folder["a.gguf"], check: true, SilentProgress.Instance);
        Assert.StartsWith("llama in GGUF, 2 layers", report.Summary, StringComparison.Ordinal);
        Assert.Contains(report.Tables, t => t.Title == "Encodings" && t.Rows.Any(r => r[0] == "Q8_0"));
        Assert.Contains(report.Tables, t => t.Title == "Tokenizer");
        var outline = ModelOutline.Read(folder["a.gguf"]);
        Assert.Equal("mixtral", (string?)outline.Config["model_type"]);
        Assert.Equal(new FileInfo(folder["a.gguf"]).Length, outline.WeightBytes);
        var run = new RecipeRun
        {
            Model = folder["a.gguf"], Output = folder["out"], Seed = 1, RecipeText = "", Steps = [new SampleStep("a").As("sample")],
        };
        Assert.Contains("moesaic convert", Assert.Throws<BadRequestException>(() => RecipePlanner.Plan(run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_it_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        using var export = new GgufExport(Options(source.Model, "a.gguf"));
        Assert.Throws<OperationCanceledException>(() => export.Run(SilentProgress.Instance, stop.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("q4_k", WeightEncoding.Q4_K)]
    [InlineData("IQ4_NL", WeightEncoding.IQ4_NL)]
    public void Encodings_have_names(string name, WeightEncoding encoding) => Assert.Equal(encoding, ConversionOptions.Parse("--encoding", name));

    [Fact]
    public void Other_names_are_refused_with_a_list() => Assert.Contains(
        "q4_k", Assert.Throws<BadRequestException>(() => ConversionOptions.Parse("--encoding", "q4")).Message, StringComparison.Ordinal);
}
