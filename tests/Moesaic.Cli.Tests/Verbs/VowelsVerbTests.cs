using System.Globalization;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class VowelsVerbTests
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(params string[] args) => new App(
        [new VowelsVerb()], (_, _) => ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime())).Run(["vowels", .. args], output, error);

    [Fact]
    public void People_read_how_many_epochs_each_system_needed()
    {
        Assert.Equal(0, Run("--speakers", "6", "--runs", "2", "--epochs", "300", "--criterion", "0.3"));
        Assert.Matches("(?m)^epochs_of_experts_over_net +0\\.\\d+$", output.ToString());
        Assert.Matches("(?m)^4 experts, competitive Gaussian +60 +\\d+ +2 of 2 ", output.ToString());
    }

    [Fact]
    public void Eleven_vowels_there_are_not()
    {
        Assert.Equal(ExitCode.BadRequest, Run("--classes", "11"));
        Assert.Contains("2 to 10 vowels", error.ToString(), StringComparison.Ordinal);
    }
}
