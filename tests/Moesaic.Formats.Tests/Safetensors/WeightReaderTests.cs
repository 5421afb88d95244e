namespace Moesaic.Formats.Tests;

public sealed class WeightReaderTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    TensorStore? store;

    public void Dispose()
    {
        store?.Dispose();
        folder.Dispose();
    }

    WeightReader Reader(params (string Name, float[] Values)[] tensors)
    {
        SafetensorsWriter.Write(folder["model.safetensors"], tensors.Select(t =>
            TensorSource.FromFloats(t.Name, TensorType.F32, [t.Values.Length], () => t.Values)));
        store = TensorStore.Open(folder.Path);
        return new WeightReader(store);
    }

    [Fact]
    public void Exact_consumption_passes_in_silence()
    {
        var reader = Reader(("a", [1]), ("b", [1, 2]));
        Assert.Equal("a", reader.Take("a", 1)!.Name);
        Assert.Equal("b", reader.TryTake("b", 2)!.Name);
        Assert.Null(reader.TryTake("optional", 2));
        Assert.Empty(reader.Finish());
    }

    [Fact]
    public void Gaps_wrong_shapes_and_leftovers_are_listed_together()
    {
        var reader = Reader(("l.0.a", [1]), ("l.1.a", [1]), ("shape", [1, 2]), ("l.0.x", [1]), ("l.1.x", [1]), ("l.2.x", [1]));
        for (int i = 0; i < 4; i++) reader.Take($"l.{i}.a", 1);
        reader.Take("shape", 2, 1);
        var error = Assert.Throws<BadModelException>(reader.Finish);
        Assert.Equal($"""
            The weights of {folder.Path} do not match its configuration.
              missing (2):
                l.{"{2..3}"}.a (2)
              wrong (1):
                shape F32 [2], the configuration asks for [2, 1]
              left over (3):
                l.{"{0..2}"}.x (3)
            """, error.Message, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Long_lists_are_cut_with_a_count()
    {
        var reader = Reader([.. Enumerable.Range(0, 25).Select(i => ($"x{i:D2}", new float[] { 1 }))]);
        string message = Assert.Throws<BadModelException>(reader.Finish).Message;
        Assert.Contains("x19", message, StringComparison.Ordinal);
        Assert.DoesNotContain("x20", message, StringComparison.Ordinal);
        Assert.EndsWith("and 5 more", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Integers_are_not_weights()
    {
        SafetensorsWriter.Write(folder["model.safetensors"], [new TensorSource("q", TensorType.I32, [1], s => s.WriteBytes(new byte[4]))]);
        store = TensorStore.Open(folder.Path);
        var reader = new WeightReader(store);
        reader.Take("q", 1);
        Assert.Contains("q I32 [1] holds integers", Assert.Throws<BadModelException>(reader.Finish).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Harmless_tensors_are_skipped_with_a_note()
    {
        var reader = Reader(("e", [1, 2]), ("lm_head.weight", [1, 2]), ("l.0.self_attn.rotary_emb.inv_freq", [1]), ("y", [1]));
        reader.Take("e", 2);
        reader.SkipCopy("lm_head.weight", "e");
        reader.Skip("y", "it is a toy");
        reader.Skip("absent", "it is not there");
        Assert.Equal(
            ["lm_head.weight is skipped: it equals e, to which it is tied.", "y is skipped: it is a toy.",
                "1 rotary_emb.inv_freq tensor(s) are skipped: they follow from the configuration."],
            reader.Finish());
    }

    [Theory]
    [InlineData(new float[] { 1, 3 })]
    [InlineData(new float[] { 1 })]
    [InlineData(new float[] { 1, 2, 3 })]
    public void Head_that_differs_from_the_embedding_it_is_tied_to_is_refused(float[] head)
    {
        var reader = Reader(("e", [1, 2]), ("lm_head.weight", head));
        reader.Take("e", 2);
        reader.SkipCopy("lm_head.weight", "e");
        Assert.Contains("lm_head.weight differs from e", Assert.Throws<BadModelException>(reader.Finish).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_numbers_of_different_bits_are_not_a_copy()
    {
        var reader = Reader(("e", [0f]), ("lm_head.weight", [-0f]));
        reader.Take("e", 1);
        reader.SkipCopy("lm_head.weight", "e");
        Assert.Throws<BadModelException>(reader.Finish);
    }

    [Fact]
    public void Equal_bits_of_another_type_are_not_a_copy()
    {
        SafetensorsWriter.Write(folder["model.safetensors"], [
            new TensorSource("e", TensorType.F16, [1], s => s.WriteBytes([0x80, 0x3F])),
            new TensorSource("lm_head.weight", TensorType.BF16, [1], s => s.WriteBytes([0x80, 0x3F]))]);
        store = TensorStore.Open(folder.Path);
        var reader = new WeightReader(store);
        reader.Take("e", 1);
        reader.SkipCopy("lm_head.weight", "e");
        Assert.Throws<BadModelException>(reader.Finish);
    }
}
