using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Construction;

public sealed class SplitLayersTests
{
    /// <summary>Divided and written one layer at a time: the bytes of the whole at once, scales folded or carried, routers drawn or given.</summary>
    [Theory]
    [InlineData(CombineWeight.Renormalised, 0, "mixtral")]
    [InlineData(CombineWeight.Raw, 4, "deepseek")]
    [InlineData(CombineWeight.One, 4, "moesaic")]
    public void A_layer_at_a_time_makes_the_same_folder(CombineWeight weight, int shared, string layout)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense(layers: 3);
        ModelFolder.Save(dense, folder["dense"], new SaveOptions { Type = TensorType.F32 });
        var plan = SplitTests.Plan(dense, 8 - shared, shared, 2, weight: weight, scale: 1.7f);
        plan = plan with { Layers = [plan.Layers[0], plan.Layers[1] with { Scale = 2.5f }, plan.Layers[2]] };
        if (layout == "moesaic") plan = plan with { Layers = [plan.Layers[0], plan.Layers[2]] };      // a layer that stays dense

        using var mixture = Split.Apply(dense, plan);
        var options = new SaveOptions { Type = TensorType.BF16, SideFilesFrom = folder["dense"] };
        ModelFolder.Save(mixture, folder["whole"], options);
        using var stored = StoredLayers.Open(folder["dense"]);
        using var pieces = new SplitLayers(stored, plan);
        var saved = ModelFolder.Save(pieces, folder["pieces"], options);
        Assert.Equal(layout, saved.Architecture.ModelType);
        Assert.Equal(Directory.GetFiles(folder["whole"]).Select(Path.GetFileName).Order(), Directory.GetFiles(folder["pieces"]).Select(Path.GetFileName).Order());
        foreach (var file in Directory.GetFiles(folder["whole"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["pieces"], Path.GetFileName(file))));
    }

    [Fact]
    public void Tied_embeddings_stay_tied()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Dense();
        using var tied = new Model(model.Spec with { TiedEmbeddings = true });
        ModelInitialiser.Randomise(tied, 3, 0.3);
        ModelFolder.Save(tied, folder["dense"], new SaveOptions { Type = TensorType.F32 });
        using var stored = StoredLayers.Open(folder["dense"]);
        ModelFolder.Save(stored, folder["again"], new SaveOptions { Type = TensorType.F32 });
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["dense"], "model.safetensors")), File.ReadAllBytes(Path.Combine(folder["again"], "model.safetensors")));
    }
}
