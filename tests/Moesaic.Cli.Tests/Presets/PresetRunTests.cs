using System.Globalization;
using Moesaic.Cli.Presets;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;

namespace Moesaic.Cli.Tests.Presets;

/// <summary>What moesaic recipes show prints runs: on a model and a text small enough for a test.</summary>
public sealed class PresetRunTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    public PresetRunTests()
    {
        Directory.CreateDirectory(In("shape"));
        File.WriteAllText(In("shape/config.json"), """
            {"model_type": "llama", "hidden_size": 32, "intermediate_size": 256, "num_hidden_layers": 4, "num_attention_heads": 2,
             "num_key_value_heads": 1, "head_dim": 16, "vocab_size": 300, "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
            """);
        File.WriteAllLines(In("text.txt"), Enumerable.Range(0, 60).Select(i => $"In story {i} a cat met {i * i} dogs, and they played.<|endoftext|>"));
    }

    public static TheoryData<string> Names => [.. PresetLibrary.All.Keys];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string In(string name) => Path.Combine(folder, name);

    int Run(params string[] args) => new App([new RecipesVerb(Composition.Steps), new RunVerb(Composition.Steps)],
        (_, _) => ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime())).Run(args, output, error);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_recipe_of_a_preset_runs(string name)
    {
        Assert.Equal(0, Run("recipes", "show", name));
        File.WriteAllText(In("recipe.yaml"), output.ToString());
        var text = $"path={In("text.txt")}";
        string[] second = name == "task" ? ["--set", "steps.1.train.data.1." + text, "--set", "steps.1.train.data.1.chat=false"] : [];
        var code = Run(["run", In("recipe.yaml"), .. second, "--set", $"model={In("shape")}", "--set", $"output={In("out")}",
            "--set", "steps.0.create.data.0." + text, "--set", "steps.1.train.data.0." + text, "--set", "steps.1.train.held_out." + text,
            "--set", "steps.1.train.held_out.tokens=200", "--set", "steps.1.train.context=32", "--set", "steps.1.train.batch=2", "--set", "steps.1.train.rows_per_pass=1",
            "--set", "steps.1.train.tokens=192", "--set", "steps.2.evaluate.data." + text, "--set", "steps.2.evaluate.data.tokens=200",
            "--set", "steps.2.evaluate.context=32", "--set", "steps.2.evaluate.speed_repeats=0"]);
        Assert.True(code == 0, error.ToString());
        Assert.Contains("load_variation", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_are_listed_and_an_unknown_one_is_refused_with_the_nearest()
    {
        Assert.Equal(0, Run("recipes"));
        Assert.All(PresetLibrary.All, p => Assert.Contains(p.Value.Idea, output.ToString(), StringComparison.Ordinal));
        Assert.Equal(2, Run("recipes", "show", "deepseek_mo"));
        Assert.Contains("unknown preset 'deepseek_mo'; did you mean 'deepseek_moe'?", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, Run("recipes", "shwo"));
        Assert.Contains("did you mean 'show'?", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, Run("recipes", "list", "switch"));
    }
}
