using System.Runtime.CompilerServices;
using Moesaic.Formats;
using Moesaic.Methods.Inspection;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Tests.Evaluation;
using Moesaic.Methods.Tests.Steps;

namespace Moesaic.Methods.Tests.Inspection;

public class ModelInspectionTests
{
    static string Golden(string name = "", [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../Moesaic.Parity.Tests/Golden", name));

    [Fact]
    public void A_mixture_is_described_and_a_missing_tokenizer_warned_of()
    {
        var reporter = new RecordingReporter();
        var report = ModelInspection.Inspect(Golden("mixtral-top2"), check: true, reporter);
        Assert.StartsWith("mixtral, ", report.Summary, StringComparison.Ordinal);
        Assert.Contains("2 of ", report.Tables[1].Rows[0][2], StringComparison.Ordinal);
        Assert.True(report.Figures[0].Value > report.Figures[1].Value);
        Assert.Contains(report.Notes, n => n.Contains("finite", StringComparison.Ordinal));
        Assert.Single(reporter.Warnings, w => w.StartsWith("the tokenizer cannot be used", StringComparison.Ordinal));
    }

    [Fact]
    public void Unlike_layers_have_rows_of_their_own()
    {
        var rows = ModelInspection.Inspect(Golden("deepseek-shared"), check: false, SilentProgress.Instance).Tables[1].Rows;
        Assert.StartsWith("dense", rows[0][2], StringComparison.Ordinal);
        Assert.Contains("shared width", rows[1][2], StringComparison.Ordinal);
        Assert.Contains("not renormalised", rows[1][2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_model_is_refused() =>
        Assert.Throws<BadModelException>(() => ModelInspection.Inspect(Golden(), check: false, SilentProgress.Instance));

    [Fact]
    public void Tokenizer_bytes_and_layout_are_told()
    {
        using var folder = new TinyFolder();
        File.WriteAllText(folder["model/chat_template.jinja"], "{% if %}");
        var reporter = new RecordingReporter();
        var report = ModelInspection.Inspect(folder.Model, check: false, reporter);
        Assert.Equal("9,600", report.Tables[0].Rows[0][1]);
        Assert.Equal("38,400", report.Tables[0].Rows[0][3]);
        var tokenizer = report.Tables[2].Rows.ToDictionary(r => r[0], r => r[1]);
        Assert.EndsWith("<|end_of_text|>", tokenizer["ends a text"], StringComparison.Ordinal);
        Assert.Equal("damaged", tokenizer["chat template"]);
        Assert.Single(reporter.Warnings, w => w.StartsWith("the chat template cannot be used", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.EndsWith("holds this shape: mixtral", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.StartsWith("not llama:", StringComparison.Ordinal));
    }
}
