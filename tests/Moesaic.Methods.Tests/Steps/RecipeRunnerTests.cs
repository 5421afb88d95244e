using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

public sealed class RecipeRunnerTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly RecordingReporter reporter = new();

    public RecipeRunnerTests()
    {
        Directory.CreateDirectory(folder["source"]);
        File.WriteAllText(folder["source/config.json"], """{"model_type":"llama"}""");
        File.WriteAllText(folder["source/model.safetensors"], "weights\n");
        File.WriteAllText(folder["source/README.md"], "---\nlicense: mit\nlanguage:\n  - en\n---\n# Source\n");
        File.WriteAllText(folder["data.txt"], "text");
    }

    public void Dispose() => folder.Dispose();

    RecipeRun Recipe(params RecipeStep[] steps) => new()
    {
        Model = folder["source"], Output = folder["out/result"], Seed = 7, RecipeText = "moesaic: 1\n", Steps = steps,
    };

    IReadOnlyList<(string Verb, StepReport Report)> Run(RecipeRun run, bool restart = false, CancellationToken cancellation = default) =>
        new RecipeRunner(run, reporter, restart, cancellation).Run();

    string Weights => File.ReadAllText(folder["out/result/model.safetensors"]);

    [Fact]
    public void Steps_feed_one_another_and_the_last_model_is_the_output()
    {
        var reports = Run(Recipe(
            new SampleStep("a", 1).As("split"), new SampleStep("b", 2).As("train"), new SampleStep("c", writesModel: false).As("evaluate")));

        Assert.Equal(["split", "train", "evaluate"], reports.Select(r => r.Verb));
        Assert.Equal("weights\na\nseed 7\nb\nb\nseed 7\n", Weights);
        Assert.Equal("2 steps before", reports[2].Report.Notes[0]);
        Assert.Equal(["README.md", "config.json", "model.safetensors", "recipe.yaml", "report.json", "report.md"],
            Directory.GetFiles(folder["out/result"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["result", "result.work"], Directory.GetDirectories(folder["out"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Contains("3. **evaluate**: Added 3 units of c.", File.ReadAllText(folder["out/result/README.md"]), StringComparison.Ordinal);
        Assert.Contains("1. **split**", File.ReadAllText(folder["out/result.work/1-split/model/README.md"]), StringComparison.Ordinal);
        var json = JsonNode.Parse(File.ReadAllText(folder["out/result/report.json"]))!;
        Assert.Equal("a is only a sample", (string?)json["steps"]![0]!["warnings"]![0]);
        Assert.Equal("weights\n", File.ReadAllText(folder["source/model.safetensors"]));
    }

    [Fact]
    public void Finished_steps_are_not_run_again()
    {
        Run(Recipe(new SampleStep("a").As("split"), new SampleStep("b").As("train")));
        var written = File.GetLastWriteTimeUtc(folder["out/result/model.safetensors"]);
        var (again, then) = (new SampleStep("a"), new SampleStep("b"));
        var reports = Run(Recipe(again.As("split"), then.As("train")));
        Assert.Equal(0, again.UnitsDone + then.UnitsDone);
        Assert.Equal(1.5, reports[1].Report.Figures[1].Value);
        Assert.Equal(written, File.GetLastWriteTimeUtc(folder["out/result/model.safetensors"]));
        Assert.Contains(reporter.Notes, n => n.EndsWith("is up to date", StringComparison.Ordinal));
    }

    [Fact]
    public void A_recipe_may_be_continued_with_another_step()
    {
        Run(Recipe(new SampleStep("a", 1).As("split")));
        Run(Recipe(new SampleStep("a", 1).As("split"), new SampleStep("b", 1).As("train")));
        Assert.Equal("weights\na\nseed 7\nb\nseed 7\n", Weights);
    }

    [Fact]
    public void A_cancelled_step_goes_on_where_it_stopped()
    {
        using var cancel = new CancellationTokenSource();
        var interrupted = new SampleStep("a") { CancelAfterFirstUnit = cancel };
        Assert.Throws<OperationCanceledException>(() => Run(Recipe(interrupted.As("split")), cancellation: cancel.Token));
        Assert.Equal(1, interrupted.UnitsDone);
        Assert.False(Directory.Exists(folder["out/result"]));

        var resumed = new SampleStep("a");
        Run(Recipe(resumed.As("split")));
        Assert.Equal(2, resumed.UnitsDone);
        Assert.Equal("weights\na\na\na\nseed 7\n", Weights);
    }

    [Fact]
    public void A_model_left_by_a_kill_before_the_report_is_made_anew()
    {
        Run(Recipe(new SampleStep("a", 1).As("split")));
        var state = folder["out/result.work/1-split/state.json"];
        File.WriteAllText(state, File.ReadAllText(state).Replace("\"finished\": true", "\"finished\": false", StringComparison.Ordinal));
        File.WriteAllText(folder["out/result.work/1-split/model/model.safetensors"], "half");
        Run(Recipe(new SampleStep("a", 1).As("split")));
        Assert.Equal("weights\na\nseed 7\n", Weights);
    }

    [Fact]
    public void What_changed_is_named_and_refused()
    {
        Run(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split"), new SampleStep("b").As("train")));

        Refused(Recipe(new SampleStep("a", 4, data: folder["data.txt"]).As("split"), new SampleStep("b").As("train")),
            "step 1, split", "units was 3 and is 4");
        Refused(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split"), new SampleStep("x").As("train")),
            "step 2, train", "mark was \"b\" and is \"x\"");
        Refused(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split"), new SampleStep("b").As("merge")),
            "step 2, merge", "step was train and is merge");
        Refused(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split")) with { Seed = 8 }, "step 1, split", "seed was 7 and is 8");

        File.WriteAllText(folder["data.txt"], "TEXT");
        Refused(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split")), "step 1, split", "the content of input 'data' is another");
        File.WriteAllText(folder["data.txt"], "text");
        File.WriteAllText(folder["source/model.safetensors"], "wEights\n");
        Refused(Recipe(new SampleStep("a", data: folder["data.txt"]).As("split")), "step 1, split", "the content of input 'model' is another");

        void Refused(RecipeRun run, params string[] words)
        {
            var message = Assert.Throws<BadRequestException>(() => Run(run)).Message;
            Assert.All([.. words, "--restart"], w => Assert.Contains(w, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Restart_discards_from_the_first_change_on()
    {
        Run(Recipe(new SampleStep("a").As("split"), new SampleStep("b").As("train"), new SampleStep("c", 1).As("tune")));
        var (first, second) = (new SampleStep("a"), new SampleStep("x", 1));
        Run(Recipe(first.As("split"), second.As("merge"), new SampleStep("c", 1).As("tune")), restart: true);
        Assert.Equal((0, 1), (first.UnitsDone, second.UnitsDone));
        Assert.Equal("weights\na\na\na\nseed 7\nx\nseed 7\nc\nseed 7\n", Weights);
        Assert.Equal(["1-split", "2-merge", "3-tune"], Directory.GetDirectories(folder["out/result.work"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Measuring_alone_leaves_reports_and_no_model()
    {
        Run(Recipe(new SampleStep("a", writesModel: false).As("evaluate")));
        Assert.Equal(["recipe.yaml", "report.json", "report.md"],
            Directory.GetFiles(folder["out/result"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reports_alone_make_way_for_a_model_and_a_model_for_reports()
    {
        Run(Recipe(new SampleStep("a", writesModel: false).As("evaluate")));
        Run(Recipe(new SampleStep("a", writesModel: false).As("evaluate"), new SampleStep("b", 1).As("split")));
        Assert.Equal("weights\nb\nseed 7\n", Weights);
        Run(Recipe(new SampleStep("a", 5, writesModel: false).As("evaluate")), restart: true);
        Assert.Equal(["recipe.yaml", "report.json", "report.md"],
            Directory.GetFiles(folder["out/result"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_failing_plan_stops_before_anything_is_written()
    {
        var run = Recipe(new SampleStep("a").As("split"), new SampleStep("b") { Refusal = "batch does not fit" }.As("train"));
        Assert.Equal("step 2, train: batch does not fit", Assert.Throws<BadRequestException>(() => Run(run)).Message);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void Outputs_of_others_and_inputs_are_not_touched()
    {
        Directory.CreateDirectory(folder["out/result"]);
        File.WriteAllText(folder["out/result/mine.txt"], "precious");
        var run = Recipe(new SampleStep("a").As("split"));
        Assert.Contains("was not made by this recipe", Assert.Throws<BadRequestException>(() => Run(run)).Message, StringComparison.Ordinal);
        foreach (var output in new[] { "source", "source/out", "." })
        {
            Assert.Contains("lie in one another",
                Assert.Throws<BadRequestException>(() => Run(run with { Output = folder[output] })).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_runs_of_one_output_keep_apart()
    {
        var run = Recipe(new SampleStep("a").As("split"));
        Directory.CreateDirectory(run.WorkFolder);
        using var other = new FileStream(Path.Combine(run.WorkFolder, ".lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        Assert.Contains("in use by another run", Assert.Throws<BadRequestException>(() => Run(run)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state.json", "{")]
    [InlineData("state.json", "{\"verb\":1}")]
    [InlineData("report.json", "[]")]
    public void Damaged_state_is_explained(string file, string content)
    {
        Run(Recipe(new SampleStep("a").As("split")));
        File.WriteAllText(folder["out/result.work/1-split/" + file], content);
        Assert.Contains("is damaged", Assert.Throws<BadRequestException>(() => Run(Recipe(new SampleStep("a").As("split")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_that_is_no_number_is_a_defect() =>
        Assert.Throws<InvalidOperationException>(() => Run(Recipe(new SampleStep("a") { Figure = double.NaN }.As("split"))));

    [Fact]
    public void A_source_without_a_licence_is_warned_about_once()
    {
        File.Delete(folder["source/README.md"]);
        Run(Recipe(new SampleStep("a").As("split"), new SampleStep("b").As("train")));
        Assert.Single(reporter.Warnings, w => w.Contains("licence", StringComparison.Ordinal));
    }
}
