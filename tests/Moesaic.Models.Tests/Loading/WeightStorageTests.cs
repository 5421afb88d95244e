using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Loading;

public class WeightStorageTests
{
    [Theory]
    [InlineData(TensorType.BF16, WeightEncoding.BF16)]
    [InlineData(TensorType.F16, WeightEncoding.F16)]
    [InlineData(TensorType.F32, WeightEncoding.F32)]
    public void Stored_weights_compute_the_bits_of_widened_ones(TensorType type, WeightEncoding encoding)
    {
        using var folder = new TemporaryFolder();
        using (var model = TinySpec.Model(Mixture))
            ModelFolder.Save(model, folder["m"], new SaveOptions { Type = type });
        using var stored = ModelFolder.Load(folder["m"], WeightStorage.Stored);
        using var wide = ModelFolder.Load(folder["m"]);
        Assert.All(stored.Model.Parameters, p => Assert.Equal(p.IsVector ? WeightEncoding.F32 : encoding, p.Matrix.Encoding));
        Assert.All(wide.Model.Parameters, p => Assert.IsType<Tensor>(p.Matrix));
        Assert.Equal(Passes.Logits(wide.Model), Passes.Logits(stored.Model));
    }

    [Fact]
    public void An_outline_of_a_model_has_its_parameters_and_no_weights()
    {
        var spec = Mixture;
        using var model = new Model(spec);
        using var outline = new Model(spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns));
        Assert.Equal(model.Parameters.Select(p => (p.Name, p.Role, p.Matrix.Rows, p.Matrix.Columns)),
            outline.Parameters.Select(p => (p.Name, p.Role, p.Matrix.Rows, p.Matrix.Columns)));
        Assert.Equal(0, outline.Parameters.Where(p => !p.IsVector).Sum(p => p.Matrix.Bytes));
    }

    [Fact]
    public void A_source_that_fails_or_gives_the_wrong_shape_leaves_nothing_behind()
    {
        var made = new List<Tensor>();
        Assert.Throws<ArgumentException>(() => { _ = new Model(Mixture, (_, _, rows, columns) =>
        {
            made.Add(new Tensor(made.Count == 3 ? rows + 1 : rows, columns));
            return made[^1];
        }); });
        Assert.Equal(4, made.Count);
        foreach (var tensor in made) Assert.Throws<ObjectDisposedException>(() => { _ = tensor.Span.Length; });
    }

    static ModelSpec Mixture => TinySpec.Of(TinySpec.Mixture());
}
