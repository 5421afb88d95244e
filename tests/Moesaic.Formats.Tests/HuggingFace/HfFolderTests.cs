namespace Moesaic.Formats.Tests;

public sealed class HfFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Refused(string path, string expected) =>
        Assert.Contains(expected, Assert.Throws<BadModelException>(() => HfFolder.Open(path)).Message, StringComparison.Ordinal);

    [Fact]
    public void Folder_gives_config_weights_and_side_files()
    {
        folder.Write("config.json", """{"model_type":"llama"}""");
        folder.Write("tokenizer.json", "{}");
        folder.Write("chat_templates/tool_use.jinja", "");
        SafetensorsWriter.Write(folder["model.safetensors"], []);
        using var model = HfFolder.Open(folder.Path);
        Assert.Equal("llama", model.Config.ModelType);
        Assert.Empty(model.Weights.Tensors);
        Assert.Equal(["chat_templates/tool_use.jinja", "tokenizer.json"], model.SideFiles);
    }

    [Fact]
    public void What_is_not_a_model_folder_is_refused_with_what_one_holds()
    {
        Refused(folder["none"], "does not exist. A model folder holds config.json");
        Refused(folder.Path, "has no config.json. A model folder holds");
        Refused(folder.Write("file", ""), "is a file");
        folder.Write("config.json", "{}");
        Refused(folder.Path, "holds no weights");
        folder.Write("pytorch_model.bin", "");
        Refused(folder.Path, "Convert them to safetensors");
    }

    [Fact]
    public void Config_alone_can_be_read_without_weights()
    {
        folder.Write("config.json", """{"model_type":"llama"}""");
        Assert.Equal("llama", HfFolder.OpenConfig(folder.Path).ModelType);
    }

    [Fact]
    public void Files_that_do_not_travel_are_known()
    {
        foreach (string name in (string[])["config.json", "README.md", "model-00001-of-00002.safetensors", "model.safetensors.index.json",
            "tokenizer.model", "LICENSE", "modeling_own.py", "chat_templates/a.jinja", "chat_templates/notes.txt", "pytorch_model.bin"])
            folder.Write(name, "");
        Assert.Equal(["LICENSE", "chat_templates/a.jinja", "tokenizer.model"], SideFiles.In(folder.Path));
        Assert.Equal(["chat_templates/notes.txt", "modeling_own.py", "pytorch_model.bin"], SideFiles.LeftBehind(folder.Path));
    }
}
