using System.Reflection;

namespace Moesaic.Server.Tests;

public class ReferenceTests
{
    [Fact]
    public void A_server_does_not_bring_the_methods_along()
    {
        var names = Assembly.Load("Moesaic.Server").GetReferencedAssemblies().Select(a => a.Name);
        Assert.DoesNotContain("Moesaic.Methods", names);
    }
}
