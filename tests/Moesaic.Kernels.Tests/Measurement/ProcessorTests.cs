namespace Moesaic.Kernels.Tests;

public class ProcessorTests
{
    [Fact]
    public void A_processor_is_named_with_family_and_model()
    {
        string[] lines = ["processor\t: 0", "cpu family\t: 25", "model\t\t: 17", "model name\t: AMD EPYC", "", "processor\t: 1", "model name\t: another"];
        Assert.Equal("AMD EPYC (family 25, model 17)", Processor.NameIn(lines));
        Assert.Equal("Cortex", Processor.NameIn(["model name : Cortex"]));
        Assert.Null(Processor.NameIn(["processor : 0", "BogoMIPS : 50.00"]));
        Assert.NotEqual("", Processor.Name);
        Assert.NotEmpty(Processor.Features);
    }
}
