namespace Moesaic.Kernels.Tests;

public class KernelSelectionTests
{
    [Fact]
    public void No_variable_means_the_best_level() => Assert.Equal(KernelSelection.Best, KernelSelection.Parse(null));

    [Fact]
    public void The_reference_can_always_be_forced() =>
        Assert.Equal(KernelLevel.Reference, KernelSelection.Parse("reference"));

    [Theory]
    [InlineData("v128", KernelLevel.Vector128)]
    [InlineData("v256", KernelLevel.Vector256)]
    [InlineData("v512", KernelLevel.Vector512)]
    public void A_level_is_honoured_or_refused_by_name(string text, KernelLevel level)
    {
        if (KernelSelection.Supports(level))
            Assert.Equal(level, KernelSelection.Parse(text));
        else
            Assert.Contains(text, Assert.Throws<KernelSettingException>(() => KernelSelection.Parse(text)).Message);
    }

    [Theory]
    [InlineData("V512")]
    [InlineData("avx2")]
    public void An_unknown_level_is_an_error_that_names_the_choices(string text)
    {
        var error = Assert.Throws<KernelSettingException>(() => KernelSelection.Parse(text));
        Assert.Contains(text, error.Message);
        Assert.Contains("reference", error.Message);
    }

    [Fact]
    public void A_level_beyond_the_enumeration_is_refused() =>
        Assert.Throws<KernelSettingException>(() => KernelSelection.Level = (KernelLevel)9);
}
