using Moesaic.Formats;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

public class EndOfTextTests
{
    [Fact]
    public void Joins_what_the_files_name()
    {
        using var model = TinyModels.Make("dense");
        var spec = model.Spec with { EosIds = [3] };
        var folder = Directory.CreateTempSubdirectory("moesaic-");
        try
        {
            Assert.Equal([3, 257], EndOfText.Ids(folder.FullName, spec, new ByteTokenizer(true, "<s>", "</s>")).Order());
            var file = Path.Combine(folder.FullName, "generation_config.json");
            File.WriteAllText(file, """{"eos_token_id": [3, 9]}""");
            Assert.Equal([3, 9], EndOfText.Ids(folder.FullName, spec, new ByteTokenizer()).Order());
            File.WriteAllText(file, """{"eos_token_id": "x"}""");
            Assert.Throws<BadModelException>(() => EndOfText.Ids(folder.FullName, spec, new ByteTokenizer()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
