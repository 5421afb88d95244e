using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Processes;

/// <summary>Training as a process that is stopped or killed: what it leaves, and what it comes to when started again.</summary>
public sealed class StoppedTrainingTests(StoppedTrainingTests.Uninterrupted run) : IClassFixture<StoppedTrainingTests.Uninterrupted>
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task A_signal_saves_and_the_same_command_goes_on_to_the_same_bits(PosixSignal signal)
    {
        var output = $"stopped-by-{signal}";
        int measured;
        using (var tool = run.Start(output))
        {
            await tool.LineWith("\"step 40\"");
            tool.Signal(signal);
            await tool.LineWith("Ctrl-C again stops at once");
            Assert.Equal(130, await tool.ExitCode());
            Assert.Contains("\"exit_code\":130", tool.Lines[^1], StringComparison.Ordinal);
            Assert.Equal("error: stopped", (await tool.Error()).TrimEnd());
            // On a busy machine the signal may arrive some steps late.
            measured = tool.Lines.Select(MeasuredStep).OfType<int>().Last();
            Assert.InRange(measured, 40, 220);
        }
        Assert.True(File.Exists(run.State(output)));
        run.AssertNothingHalfWritten(output);

        using var again = run.Start(output);
        await again.LineWith("goes on where it stopped");
        // The last measurement was saved, it is not made again.
        Assert.Equal(measured + 20, MeasuredStep(await again.LineWith("\"event\":\"measured\"")));
        Assert.Equal(0, await again.ExitCode());
        run.AssertSameAs(output);
    }

    static int? MeasuredStep(string line) =>
        line.Contains("\"event\":\"measured\"", StringComparison.Ordinal) && Regex.Match(line, "\"step ([0-9]+)\"") is { Success: true } step
            ? int.Parse(step.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    [Fact]
    public async Task A_killed_run_goes_on_from_what_was_saved_to_the_same_bits()
    {
        const string output = "killed";
        // Saving before every step, it is killed while it saves more often than not; the first time before there is anything to save.
        string[] saving = ["--save-every", "0"];
        foreach (var (before, killAfter) in new[] { ("step 0", "step 0"), ("step 0", "step 40"), ("step", "step 100") })
        {
            using var tool = run.Start(output, saving);
            Assert.Contains(before, await tool.LineWith("\"event\":\"measured\""), StringComparison.Ordinal);
            if (killAfter != before) await tool.LineWith($"\"{killAfter}\"");
            tool.Kill();
            Assert.NotEqual(0, await tool.ExitCode());
            run.AssertNothingHalfWritten(output);
        }
        using var again = run.Start(output, saving);
        // The measurement after step 100 was shown; the kill may have come before or after it was saved.
        Assert.Matches("\"step 1[02]0\"", await again.LineWith("\"event\":\"measured\""));
        Assert.Equal(0, await again.ExitCode());
        run.AssertSameAs(output);
        // What a killed process was writing is not left lying about.
        Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(run.State(output))!, "*.tmp"));
    }

    [Fact]
    public async Task A_second_signal_stops_at_once()
    {
        // One step of many seconds, in the middle of which nothing can be saved.
        using var tool = run.Start("hurried", "--batch", "20000", "--rows-per-pass", "100", "--tokens", "1000");
        await tool.LineWith("\"step 0\"");
        tool.Signal(PosixSignal.SIGINT);
        await tool.LineWith("Ctrl-C again stops at once");
        tool.Signal(PosixSignal.SIGINT);
        Assert.Equal(130, await tool.ExitCode());
        Assert.False(File.Exists(run.State("hurried")));
        run.AssertNothingHalfWritten("hurried");
    }

    /// <summary>The model, and what training it comes to when nothing happens.</summary>
    public sealed class Uninterrupted : IAsyncLifetime
    {
        readonly TinyFolder folder = new();

        public async ValueTask InitializeAsync()
        {
            if (OperatingSystem.IsWindows()) Assert.Skip("signals are sent with kill(2): run on Linux or macOS");
            using var tool = Start("whole");
            Assert.Equal(0, await tool.ExitCode());
        }

        internal ToolProcess Start(string output, params string[] more)
        {
            Dictionary<string, string> options = new()
            {
                ["--data"] = folder.Text, ["--held-out"] = folder.Text, ["--evaluate-every"] = "20", ["--context"] = "64", ["--batch"] = "4",
                ["--tokens"] = "61440", ["--type"] = "f32",
            };
            for (var i = 0; i < more.Length; i += 2) options[more[i]] = more[i + 1];
            return ToolProcess.Start(["train", folder.Model, "--output", folder[output], "--json", .. options.SelectMany(o => new[] { o.Key, o.Value })]);
        }

        internal string State(string output) => folder[$"{output}.work/1-train/work/state.safetensors"];

        internal void AssertNothingHalfWritten(string output)
        {
            Assert.False(Directory.Exists(folder[output]));
            Assert.False(Directory.Exists(folder[$"{output}.work/1-train/model"]));
        }

        internal void AssertSameAs(string output)
        {
            foreach (var file in new[] { "model.safetensors", "config.json", "tokenizer.json" })
                Assert.Equal(File.ReadAllBytes(folder["whole/" + file]), File.ReadAllBytes(folder[$"{output}/{file}"]));
            Assert.Equal(LossTable("whole"), LossTable(output));
        }

        string LossTable(string output)
        {
            var report = File.ReadAllText(folder[$"{output}/report.md"]);
            return report[report.IndexOf("| step |", StringComparison.Ordinal)..report.LastIndexOf('|')];
        }

        public ValueTask DisposeAsync()
        {
            folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
