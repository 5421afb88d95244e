using Moesaic.Formats;
using Moesaic.Text.Corpora;

namespace Moesaic.Text.Tests.Corpora;

public sealed class RefPackLocatorTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void HighestPatchWinsByNumberOverAllRoots()
    {
        Pack("one/packs/Microsoft.NETCore.App.Ref/10.0.9");
        Pack("two/packs/Microsoft.NETCore.App.Ref/10.0.12");
        Pack("two/packs/Microsoft.NETCore.App.Ref/9.0.20");
        Pack("two/packs/Microsoft.NETCore.App.Ref/10.0.13-preview.1");
        Assert.Equal(new(10, 0, 12), Locator("one", "absent", "two").Find(null, null).Version);
        Assert.Equal(new(10, 0, 9), Locator("one", "two").Find(null, new(10, 0, 9)).Version);
    }

    [Fact]
    public void PackWithoutDocumentationIsPassedOver()
    {
        Directory.CreateDirectory(Below("one/packs/Microsoft.NETCore.App.Ref/10.0.12/ref/net10.0"));
        Pack("one/packs/Microsoft.NETCore.App.Ref/10.0.3");
        Assert.Equal(new(10, 0, 3), Locator("one").Find(null, null).Version);
    }

    [Fact]
    public void NugetIsAskedWhenNoSdkHasIt()
    {
        var docs = Pack("nuget/microsoft.netcore.app.ref/10.0.5");
        Assert.Equal(new RefPack(docs, new(10, 0, 5)), Locator("one").Find(null, null));
    }

    [Fact]
    public void GivenFolderMayBeFilesVersionOrPack()
    {
        var docs = Pack("p/10.0.5");
        Pack("p/10.0.4");
        var loose = Path.GetDirectoryName(folder.Write("loose/A.xml", "<doc/>"))!;
        Assert.Equal(new RefPack(docs, new(10, 0, 5)), Locator().Find(docs, null));
        Assert.Equal(new RefPack(docs, new(10, 0, 5)), Locator().Find(Below("p/10.0.5") + Path.DirectorySeparatorChar, null));
        Assert.Equal(new RefPack(docs, new(10, 0, 5)), Locator().Find(Below("p"), null));
        Assert.Equal(new(10, 0, 4), Locator().Find(Below("p"), new(10, 0, 4)).Version);
        Assert.Equal(new RefPack(loose, null), Locator().Find(loose, null));
    }

    [Fact]
    public void VariableGoesBeforeTheSdkAndItsMistakesAreTold()
    {
        Pack("one/packs/Microsoft.NETCore.App.Ref/10.0.9");
        Pack("p/10.0.1");
        RefPackLocator With(string value) =>
            new(name => name == RefPackLocator.Variable ? value : null, [Below("one")], Below("nuget"));
        Assert.Equal(new(10, 0, 1), With(Below("p")).Find(null, null).Version);
        var error = Assert.Throws<BadModelException>(() => With(Below("absent")).Find(null, null));
        Assert.Contains(RefPackLocator.Variable, error.Message, StringComparison.Ordinal);
        Assert.Contains(Below("absent"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherVersionThanAskedIsRefused()
    {
        var docs = Pack("p/10.0.5");
        var error = Assert.Throws<BadModelException>(() => Locator().Find(docs, new(10, 0, 6)));
        Assert.Contains("is version 10.0.5, not 10.0.6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyFolderIsRefused()
    {
        Directory.CreateDirectory(Below("empty"));
        Assert.Contains("*.xml", Assert.Throws<BadModelException>(() => Locator().Find(Below("empty"), null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void NothingInstalledSaysWhatToDo()
    {
        var error = Assert.Throws<BadModelException>(() => Locator("one").Find(null, null));
        foreach (var help in (string[])["dotnet --list-sdks", RefPackLocator.Variable, "10.0.x", Below("one"), Below("nuget")])
            Assert.Contains(help, error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.ExitCode);
    }

    RefPackLocator Locator(params string[] roots) => new(_ => null, [.. roots.Select(Below)], Below("nuget"));

    string Pack(string version) => Path.GetDirectoryName(folder.Write($"{version}/ref/net10.0/A.xml", "<doc/>"))!;

    string Below(string name) => Path.GetFullPath(Path.Combine(folder.Path, name));
}
