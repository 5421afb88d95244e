using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Gguf;

public sealed class GgufSelectionTests
{
    [Theory]
    [InlineData(WeightEncoding.Q4_0)]
    [InlineData(WeightEncoding.Q8_0)]
    [InlineData(WeightEncoding.MXFP4)]
    [InlineData(WeightEncoding.F16)]
    public void What_stays_of_a_file_is_copied_byte_for_byte(WeightEncoding encoding)
    {
        using var folder = new TemporaryFolder();
        Write(folder, encoding, Mixture(), Mixture(), Mixture());
        // The second layer goes, and in each of the others half of the experts.
        ExpertSelection selection = new([new(0) { Experts = [5, 0, 2, 7] }, new(2) { Experts = [1, 2, 3, 6] }]);
        using (var part = new SelectedWeights(StoredWeights.Open(folder["whole.gguf"]), selection))
            GgufModelWriter.AsStored(part).Write(folder["part.gguf"]);

        using var whole = StoredWeights.Open(folder["whole.gguf"]);
        using var written = StoredWeights.Open(folder["part.gguf"]);
        Assert.Equal(selection.Shape(whole.Spec).Layers, written.Spec.Layers);
        Assert.True(written.Bytes < whole.Bytes);
        int[][] kept = [[5, 0, 2, 7], [1, 2, 3, 6]];
        for (var l = 0; l < 2; l++)
        {
            foreach (var projection in new[] { "gate", "up", "down" })
                for (var e = 0; e < 4; e++)
                    Same($"model.layers.{l * 2}.mlp.experts.{kept[l][e]}.{projection}_proj.weight", $"model.layers.{l}.mlp.experts.{e}.{projection}_proj.weight");
            Same($"model.layers.{l * 2}.self_attn.q_proj.weight", $"model.layers.{l}.self_attn.q_proj.weight");
            for (var e = 0; e < 4; e++)
                Assert.Equal(whole.Row(whole.Find($"model.layers.{l * 2}.mlp.gate.weight"), kept[l][e]).ToArray(), written.Row(written.Find($"model.layers.{l}.mlp.gate.weight"), e).ToArray());
        }
        Same("model.embed_tokens.weight", "model.embed_tokens.weight");

        // And it is the model that is selected when it is read.
        using var selected = ModelFolder.Load(folder["whole.gguf"], WeightStorage.Stored, selection: selection);
        using var loaded = ModelFolder.Load(folder["part.gguf"], WeightStorage.Stored);
        Assert.Equal(Passes.Logits(selected.Model), Passes.Logits(loaded.Model));

        void Same(string before, string after)
        {
            var (a, b) = (whole.Find(before), written.Find(after));
            Assert.Equal(a.Encoding, b.Encoding);
            for (var r = 0; r < a.Rows; r++) Assert.True(whole.Row(a, r).SequenceEqual(written.Row(b, r)), $"{after}, row {r}");
        }
    }

    [Fact]
    public void A_part_that_no_file_can_hold_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        Write(folder, WeightEncoding.Q8_0, Mixture(), Mixture());
        foreach (var (selection, message) in new (ExpertSelection, string)[]
        {
            (new([new(0) { Experts = [0, 1, 2] }, new(1) { Experts = [0, 1] }]), "its layers differ"),
            (new([new(0) { Experts = [0, 1, 2], KeepsRouter = true }, new(1) { Experts = [0, 1, 2], KeepsRouter = true }]), "are not there"),
            (new([new(0), new(1) { DropsFeedForward = true }]), "have no feed-forward"),
        })
        {
            using var part = new SelectedWeights(StoredWeights.Open(folder["whole.gguf"]), selection);
            var refused = Assert.Throws<BadRequestException>(() => GgufModelWriter.AsStored(part)).Message;
            Assert.Contains(message, refused, StringComparison.Ordinal);
            Assert.Contains("model folder", refused, StringComparison.Ordinal);
        }
    }

    static MixtureSpec Mixture() => TinySpec.Mixture(experts: 8, width: 64);

    static void Write(TemporaryFolder folder, WeightEncoding encoding, params FeedForwardSpec[] layers)
    {
        var spec = TinySpec.Of(layers) with { Width = 32 };
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder["hf"], new SaveOptions { Type = TensorType.F32 });
        using var weights = StoredWeights.Open(folder["hf"]);
        new GgufModelWriter(weights, encoding).Write(folder["whole.gguf"]);
    }
}
