using System.Globalization;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class AppTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    public AppTests()
    {
        Directory.CreateDirectory(In("source"));
        File.WriteAllText(In("source/config.json"), """{"model_type":"llama"}""");
        File.WriteAllText(In("recipe.yaml"), $"""
            moesaic: 1
            model: {In("source")}
            output: {In("out")}
            steps:
              - sample: {"{ experts: 8 }"}
              - measure: {"{ experts: 2 }"}
            """);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string In(string name) => Path.Combine(folder, name);

    int Run(params string[] args) => new App(
        [
            new RunVerb([SampleVerbStep.Sample, SampleVerbStep.Measure]), new StepVerb(SampleVerbStep.Sample, "sample models/demo -o out/x --experts 8"),
            new StepVerb(SampleVerbStep.Measure),
        ],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(args, output, error);

    [Fact]
    public void A_recipe_runs_and_runs_again()
    {
        Assert.Equal(0, Run("run", In("recipe.yaml")));
        Assert.True(File.Exists(In("out/config.json")));
        Assert.Contains("sample: Made 8 experts.", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Run("run", In("recipe.yaml")));
        Assert.Contains("step 1, sample: finished earlier", error.ToString(), StringComparison.Ordinal);

        Assert.Equal(2, Run("run", In("recipe.yaml"), "--set", "steps.0.sample.experts=4"));
        Assert.Contains("experts was 8 and is 4", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Run("run", In("recipe.yaml"), "--set", "steps.0.sample.experts=4", "--restart"));
        Assert.Contains("experts: 4\n", File.ReadAllText(In("out/recipe.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_prints_the_plan_and_writes_nothing()
    {
        Assert.Equal(0, Run("run", In("recipe.yaml"), "--dry-run"));
        Assert.Contains("8 experts", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(["recipe.yaml", "source"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_grid_runs_cell_by_cell_and_goes_on_where_it_stopped()
    {
        File.AppendAllText(In("recipe.yaml"), """

            grid:
              figures: [sample.seed, 2.measure.seed, measure.loss]
              cells:
                - { name: "s{seed}", seed: [3, 4] }
                - { name: last, steps.1.measure.title: cancelled }
            """);
        Assert.Equal(0, Run("run", In("recipe.yaml"), "--dry-run"));
        Assert.Contains("3 cells", output.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("out")));

        Assert.Equal(1, Run("run", In("recipe.yaml")));
        var table = File.ReadAllText(In("out/grid.md"));
        Assert.Contains("| s4 ", table, StringComparison.Ordinal);
        Assert.DoesNotContain("last", table, StringComparison.Ordinal);

        File.WriteAllText(In("recipe.yaml"), File.ReadAllText(In("recipe.yaml")).Replace("cancelled", "fine", StringComparison.Ordinal));
        Assert.Equal(0, Run("run", In("recipe.yaml"), "--restart"));
        Assert.Contains("step 1, sample: finished earlier", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("grid: no cell has measure.loss; there are sample.seed, measure.seed", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("| last ", File.ReadAllText(In("out/grid.md")), StringComparison.Ordinal);
        Assert.Contains("\"cell\": \"last\"", File.ReadAllText(In("out/grid.json")), StringComparison.Ordinal);
        Assert.True(File.Exists(In("out/s3/config.json")));
    }

    [Fact]
    public void A_step_is_a_command_with_the_keys_of_the_recipe()
    {
        Assert.Equal(0, Run("sample", In("source"), "-o", In("out"), "--experts", "8", "--learning-rate", "0.5", "--data", "a.txt", "--data-tokens", "7",
            "--mixture", "b.txt,c.txt", "--roles", "[random]", "--seed", "5", "--set", "weights.code=0.25"));
        var recipe = File.ReadAllText(In("out/recipe.yaml"));
        Assert.Contains("""
                  learning_rate: 0.5
            """, recipe, StringComparison.Ordinal);
        Assert.Contains("path: a.txt\n        tokens: 7\n", recipe, StringComparison.Ordinal);
        Assert.Contains("- path: c.txt", recipe, StringComparison.Ordinal);
        Assert.Contains("code: 0.25", recipe, StringComparison.Ordinal);
        Assert.Contains("seed: 5", recipe, StringComparison.Ordinal);
    }

    [Fact]
    public void Measuring_needs_no_output()
    {
        Assert.Equal(0, Run("measure", In("source"), "--experts", "2"));
        Assert.Contains("measure: Made 2 experts.", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(["recipe.yaml", "source"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(2, "sample: key 'experts' is missing", "sample", "SOURCE", "-o", "OUT")]
    [InlineData(2, "--experts x: experts: 'x' is not a whole number", "sample", "SOURCE", "-o", "OUT", "--experts", "x")]
    [InlineData(2, "--seed: 'x' is not", "sample", "SOURCE", "-o", "OUT", "--experts", "2", "--seed", "x")]
    [InlineData(2, "sample writes a model: name its folder with --output", "sample", "SOURCE", "--experts", "2")]
    [InlineData(2, "unknown option '--expert'; did you mean '--experts'?", "sample", "SOURCE", "--expert", "2")]
    [InlineData(2, "unknown command 'rum'; did you mean 'run'?", "rum")]
    [InlineData(2, "See moesaic run --help.", "run")]
    [InlineData(2, "--threads: 'x' is not a whole number", "run", "x", "--threads", "x")]
    [InlineData(2, "1 to 1024", "run", "x", "--threads", "0")]
    [InlineData(2, "not enough memory (2 TB wanted.)", "measure", "SOURCE", "--experts", "2", "--title", "memory")]
    [InlineData(2, "a file or folder cannot be used", "sample", "SOURCE", "-o", "BLOCKED", "--experts", "2")]
    [InlineData(3, "nowhere does not exist", "measure", "nowhere", "--experts", "2")]
    [InlineData(3, "error: tensor x is damaged", "measure", "SOURCE", "--experts", "2", "--title", "bad model")]
    [InlineData(1, "InvalidOperationException: oops\nThis is a defect of Moesaic", "measure", "SOURCE", "--experts", "2", "--title", "defect")]
    public void Failures_have_a_message_and_a_code(int code, string message, params string[] args)
    {
        Assert.Equal(code, Run([.. args.Select(a => a switch { "SOURCE" => In("source"), "OUT" => In("out"), "BLOCKED" => In("recipe.yaml/out"), _ => a })]));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void A_defect_shows_its_place_when_asked()
    {
        Assert.Equal(1, Run("measure", In("source"), "--experts", "2", "--title", "defect", "--verbose"));
        Assert.Contains("   at ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelled_work_returns_130_only_when_it_was_asked_to_stop()
    {
        Assert.Equal(new Failure("stopped", 130), Failure.Of(new OperationCanceledException(), cancelled: true, verbose: false));
        Assert.Equal(1, Run("measure", In("source"), "--experts", "2", "--title", "cancelled"));
    }

    [Fact]
    public void Json_is_alone_on_standard_output()
    {
        Assert.Equal(0, Run("run", In("recipe.yaml"), "--json"));
        Assert.Equal(2, Run("rum", "--json"));
        Assert.All(output.ToString().TrimEnd().Split('\n'), line => Assert.StartsWith("{\"event\":\"", line, StringComparison.Ordinal));
        Assert.EndsWith("\"exit_code\":2}\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_describes_the_keys_and_ends_with_examples()
    {
        Assert.Equal(0, Run("sample", "--help"));
        var help = output.ToString();
        Assert.Contains("--experts <experts>", help, StringComparison.Ordinal);
        Assert.Contains("Experts per layer. (needed)", help, StringComparison.Ordinal);
        Assert.Contains("<random|token_clusters|gate_up2_d>", help, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  moesaic sample models/demo -o out/x --experts 8\n", help, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_arguments_there_is_help()
    {
        Assert.Equal(0, Run());
        Assert.Contains("run <recipe>", output.ToString(), StringComparison.Ordinal);
    }
}
