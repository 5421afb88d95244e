using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Inspection;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Tests.Inspection;

public class MachineInspectionTests
{
    readonly RecordingReporter reporter = new();

    StepReport Inspect(Func<RefPack> corpus) => MachineInspection.Inspect(reporter, corpus, 64L << 20, CancellationToken.None);

    [Fact]
    public void The_machine_is_measured()
    {
        var report = Inspect(() => new RefPack("docs", DotnetDocsCorpus.CommittedVersion));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.All(report.Figures, f => Assert.True(f.Value > 0, f.Key));
        Assert.Equal(Environment.ProcessorCount, figures["logical_processors"]);
        Assert.True(figures["memory_free"] <= figures["memory"]);
        Assert.Contains("read_bandwidth", figures.Keys);
        Assert.Contains("disk_free", figures.Keys);
        Assert.Contains(Processor.Name, report.Summary, StringComparison.Ordinal);
        Assert.Single(report.Tables[0].Rows, r => r[1] == "yes" && r[0] == KernelSelection.Level.ToString());
        Assert.Contains("corpus dotnet-docs: docs", report.Notes);
    }

    [Fact]
    public void What_is_missing_is_warned_of()
    {
        var report = Inspect(() => throw new BadModelException("install the SDK"));
        Assert.Contains("install the SDK", reporter.Warnings);
        Assert.Contains(report.Notes, n => n.StartsWith("corpus dotnet-docs: missing", StringComparison.Ordinal));
        Assert.Contains("not comparable", Inspect(() => new RefPack("docs", new Version(10, 0, 1))).Notes[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void More_threads_than_processors_are_warned_of()
    {
        var before = WorkerTeam.Threads;
        try
        {
            WorkerTeam.Threads = Environment.ProcessorCount + 1;
            Inspect(() => new RefPack("docs", null));
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
        Assert.Contains(reporter.Warnings, w => w.Contains("will wait for each other", StringComparison.Ordinal));
    }

    [Fact]
    public void The_bound_is_bandwidth_over_bytes()
    {
        // 40 GB at 100 GB/s: 8 B weights of 4 bytes fit into 85 %, 14 B do not.
        var table = DecodingBounds.Table(40e9, 100e9);
        Assert.Equal(["parameters read per token", "F32", "BF16", "Q8_0", "Q4_K"], table.Columns);
        Assert.Equal(["8 B", "3.1", "6.3", "12", "22"], table.Rows.Single(r => r[0] == "8 B"));
        Assert.Equal(["14 B", "", "3.6", "6.7", "13"], table.Rows.Single(r => r[0] == "14 B"));
        Assert.Equal(["70 B", "", "", "", ""], table.Rows[^1]);
        Assert.Equal(8.5e9, DecodingBounds.MostWeights(40e9, WeightEncoding.F32), 1);
    }
}
