using System.Text.Json.Nodes;

namespace Moesaic.Formats.Tests;

public sealed class HfFolderWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Target => folder["out/model"];

    static TensorSource Floats(string name, params float[] values) => TensorSource.FromFloats(name, TensorType.F32, [values.Length], () => values);

    static HfFolderContent Content(params TensorSource[] tensors) => new() { Config = new JsonObject { ["model_type"] = "llama" }, Tensors = tensors };

    string Refusal(HfFolderContent content, HfFolderOptions? options = null) =>
        Assert.Throws<BadRequestException>(() => HfFolderWriter.Write(Target, content, options)).Message;

    [Fact]
    public void Whole_folder_is_written_and_read_back()
    {
        folder.Write("source/tokenizer.json", "{\"t\":1}");
        folder.Write("source/chat_templates/a.jinja", "{{ x }}");
        folder.Write("source/README.md", "old card");
        folder.Write("source/generation_config.json", "{}");
        var content = new HfFolderContent
        {
            Config = new JsonObject { ["model_type"] = "llama", ["name"] = "é<>" },
            Tensors = [Floats("a", 1, 2), Floats("b", 3)],
            SideFilesFrom = folder["source"],
            ModelCard = "# card",
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["moesaic.json"] = [.. "{}"u8], ["generation_config.json"] = [.. "{ }"u8] },
        };
        var files = HfFolderWriter.Write(Target, content);
        Assert.Equal(["README.md", "chat_templates/a.jinja", "config.json", "generation_config.json", "model.safetensors", "moesaic.json", "tokenizer.json"], files);
        Assert.Equal("# card", File.ReadAllText(Path.Combine(Target, "README.md")));
        Assert.Equal("{ }", File.ReadAllText(Path.Combine(Target, "generation_config.json")));
        Assert.Equal("{\n  \"model_type\": \"llama\",\n  \"name\": \"é<>\"\n}\n", File.ReadAllText(Path.Combine(Target, "config.json")));
        using var model = HfFolder.Open(Target);
        var values = new float[2];
        model.Weights.Read("a", values);
        Assert.Equal([1f, 2f], values);
        Assert.Equal(["model"], Directory.EnumerateFileSystemEntries(folder["out"]).Select(Path.GetFileName));
    }

    [Fact]
    public void Shards_keep_the_limit_and_the_index_is_true()
    {
        var written = new List<long>();
        HfFolderWriter.Write(Target, Content(Floats("a", 1, 2), Floats("b", 3), Floats("c", 4, 5, 6, 7), Floats("d", 8)),
            new HfFolderOptions { MaxShardBytes = 12, Progress = new Immediate(written) });
        Assert.Equal([8, 12, 28, 32], written);
        using var model = HfFolder.Open(Target);
        Assert.Empty(model.Weights.Notes);
        Assert.Equal(["a", "b", "c", "d"], model.Weights.Tensors.Select(t => t.Name));
        Assert.Equal(["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"],
            model.Weights.Files.Select(Path.GetFileName));
    }

    [Fact]
    public void Same_content_gives_the_same_bytes()
    {
        for (int i = 0; i < 2; i++) HfFolderWriter.Write(folder[$"m{i}"], Content(Floats("b", 1), Floats("a", 2)), new HfFolderOptions { MaxShardBytes = 4 });
        foreach (string file in Directory.EnumerateFiles(folder["m0"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["m1"], Path.GetFileName(file))));
    }

    [Fact]
    public void Existing_folder_is_refused_unless_empty_or_overwritten()
    {
        Directory.CreateDirectory(Target);
        HfFolderWriter.Write(Target, Content(Floats("a", 1)));
        Assert.Contains("exists already", Refusal(Content(Floats("a", 2))), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Target, "stale"), "");
        HfFolderWriter.Write(Target, Content(Floats("a", 3)), new HfFolderOptions { Overwrite = true });
        Assert.Equal(["out", "out/model", "out/model/config.json", "out/model/model.safetensors"], folder.Names);
        using var model = HfFolder.Open(Target);
        var value = new float[1];
        model.Weights.Read("a", value);
        Assert.Equal(3, value[0]);
    }

    [Fact]
    public void Overwriting_spares_what_is_not_a_model_folder()
    {
        folder.Write("out/model/thesis.txt", "years of work");
        Assert.Contains("not a model folder", Refusal(Content(), new HfFolderOptions { Overwrite = true }), StringComparison.Ordinal);
        folder.Write("file", "");
        Assert.Contains("is a file", Assert.Throws<BadRequestException>(() => HfFolderWriter.Write(folder["file"], Content())).Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => HfFolderWriter.Write("/", Content()));
        Assert.Equal(["file", "out", "out/model", "out/model/thesis.txt"], folder.Names);
    }

    [Theory]
    [InlineData("out/model")]
    [InlineData("out/model/sub")]
    public void Inputs_are_never_replaced(string source)
    {
        folder.Write($"{source}/config.json", "{}");
        var content = new HfFolderContent { Config = [], Tensors = [], SideFilesFrom = folder[source] };
        Assert.Contains("inputs are never changed", Refusal(content, new HfFolderOptions { Overwrite = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void Failure_and_cancellation_keep_the_old_folder_and_nothing_else()
    {
        HfFolderWriter.Write(Target, Content(Floats("a", 1)));
        string[] before = folder.Names;
        var overwrite = new HfFolderOptions { Overwrite = true };

        var failing = new TensorSource("b", TensorType.F32, [1], _ => throw new TimeoutException());
        Assert.Throws<TimeoutException>(() => HfFolderWriter.Write(Target, Content(Floats("a", 2), failing), overwrite));

        using var cancel = new CancellationTokenSource();
        var cancelling = new TensorSource("b", TensorType.F32, [1], sink => { cancel.Cancel(); sink.WriteFloats([1f]); });
        Assert.Throws<OperationCanceledException>(() => HfFolderWriter.Write(Target, Content(Floats("a", 2), cancelling), overwrite, cancel.Token));

        Assert.Throws<BadModelException>(() => HfFolderWriter.Write(Target, Content(Floats("a", float.NaN)), overwrite));
        Assert.Equal(before, folder.Names);
        using var model = HfFolder.Open(Target);
        Assert.Equal(1f, BitConverter.ToSingle(model.Weights.Bytes("a")));
    }

    [Fact]
    public void Output_under_a_file_is_refused()
    {
        folder.Write("out", "");
        Assert.Contains("cannot be written", Refusal(Content()), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_the_disk_is_refused_before_anything_is_delivered()
    {
        var huge = new TensorSource("a", TensorType.F32, [1L << 50], _ => Assert.Fail("delivered"));
        Assert.Contains("GB free", Refusal(Content(huge)), StringComparison.Ordinal);
        Assert.Equal(["out"], folder.Names);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    public void Extra_file_outside_the_folder_is_a_defect_of_the_caller(string name) => Assert.Throws<ArgumentException>(() =>
        HfFolderWriter.Write(Target, new HfFolderContent
        {
            Config = [], Tensors = [], ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [name] = [] },
        }));

    sealed class Immediate(List<long> reports) : IProgress<long>
    {
        public void Report(long value) => reports.Add(value);
    }
}
