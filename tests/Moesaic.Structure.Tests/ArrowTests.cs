using System.Xml.Linq;

namespace Moesaic.Structure.Tests;

/// <summary>A project references only projects below it in the house.</summary>
public class ArrowTests
{
    // From the roof to the cellar.
    static readonly string[] House =
    [
        "Moesaic.Cli", "Moesaic.Server", "Moesaic.Extensions.AI", "Moesaic.Methods", "Moesaic.Inference", "Moesaic.Models", "Moesaic.Text",
        "Moesaic.Formats", "Moesaic.Tensors", "Moesaic.Kernels",
    ];

    static readonly string[] Projects =
        [.. Directory.GetDirectories(Path.Combine(RepositoryRoot.Path, "src")).Select(p => Path.GetFileName(p)!)];

    [Fact]
    public void Every_project_has_its_floor() => Assert.Equal(House.Order(), Projects.Order());

    [Fact]
    public void Arrows_point_down()
    {
        foreach (var project in House)
        {
            var file = Path.Combine(RepositoryRoot.Path, "src", project, project + ".csproj");
            foreach (var reference in XDocument.Load(file).Descendants("ProjectReference"))
            {
                var target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
                Assert.True(Array.IndexOf(House, target) > Array.IndexOf(House, project),
                    $"{project} references {target}, which is not below it");
            }
        }
    }

    // Who runs models does not bring along what changes them.
    [Theory]
    [InlineData("Moesaic.Extensions.AI")]
    [InlineData("Moesaic.Server")]
    public void Applications_do_not_get_the_methods(string project)
    {
        var document = XDocument.Load(Path.Combine(RepositoryRoot.Path, "src", project, project + ".csproj"));
        Assert.DoesNotContain(document.Descendants("ProjectReference"), r => r.Attribute("Include")!.Value.Contains("Moesaic.Methods", StringComparison.Ordinal));
    }

    [Fact]
    public void Kernels_depend_on_the_base_class_library_only()
    {
        var document = XDocument.Load(Path.Combine(RepositoryRoot.Path, "src/Moesaic.Kernels/Moesaic.Kernels.csproj"));
        Assert.Empty(document.Descendants("PackageReference"));
        Assert.Empty(document.Descendants("ProjectReference"));
    }
}
