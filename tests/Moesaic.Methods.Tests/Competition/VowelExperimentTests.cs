using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Competition;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Competition;

public class VowelExperimentTests
{
    static readonly VowelOptions Small = new() { Speakers = 12, Runs = 3, MostEpochs = 600, Criterion = 0.2 };

    static StepReport Run(VowelOptions options) => VowelExperiment.Run(options, SilentProgress.Instance);

    [Fact]
    public void Experts_learn_sooner_than_a_net()
    {
        var report = Run(Small);
        Assert.InRange(Assert.Single(report.Figures).Value, 0.1, 0.8);
        var gaussian = report.Tables[0].Rows[2];
        Assert.Equal("3 of 3", gaussian[3]);
        Assert.True(double.Parse(gaussian[7], CultureInfo.InvariantCulture) > 80);
    }

    [Fact]
    public void What_is_not_learned_is_said_and_has_no_epochs()
    {
        var report = Run(Small with { MostEpochs = 1, Runs = 2 });
        Assert.Empty(report.Figures);
        Assert.All(report.Tables[0].Rows, row => Assert.Equal(("0 of 2", "-"), (row[3], row[4])));
    }

    [Theory]
    [InlineData(11, 0.2)]
    [InlineData(4, 0)]
    public void Impossible_settings_are_refused(int classes, double criterion) =>
        Assert.Throws<BadRequestException>(() => Run(Small with { Classes = classes, Criterion = criterion }));
}
