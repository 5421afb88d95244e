using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Loading;

/// <summary>Experts as gpt-oss stores them: gates and ups taking turns, as plain numbers and as MXFP4.</summary>
public sealed class InterleavedExpertsTests : IDisposable
{
    const int Experts = 4, Width = 32;

    static readonly float[] levels = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ModelSpec Spec => TinySpec.GptOss(width: Width) with { Width = Width };

    [Fact]
    public void Gates_and_ups_take_turns_in_the_columns()
    {
        using var model = TinySpec.Model(TinySpec.GptOss());
        ModelFolder.Save(model, folder["m"], new SaveOptions { Type = TensorType.F32 });
        using var store = TensorStore.Open(folder["m"]);
        var info = store.Info("model.layers.1.mlp.experts.gate_up_proj");
        Assert.Equal([4, 16, 24], info.Shape.ToArray());
        var values = new float[info.ElementCount];
        store.Read(info.Name, values);
        var bias = new float[4 * 24];
        store.Read("model.layers.1.mlp.experts.gate_up_proj_bias", bias);
        foreach (var (e, d, f) in new[] { (0, 0, 0), (2, 5, 7), (3, 15, 11) })
        {
            Assert.Equal(model[$"model.layers.1.mlp.experts.{e}.gate_proj.weight"].Row(f)[d], values[(((e * 16) + d) * 24) + (2 * f)]);
            Assert.Equal(model[$"model.layers.1.mlp.experts.{e}.up_proj.weight"].Row(f)[d], values[(((e * 16) + d) * 24) + (2 * f) + 1]);
            Assert.Equal(model[$"model.layers.1.mlp.experts.{e}.up_proj.bias"].Span[f], bias[(e * 24) + (2 * f) + 1]);
        }
        Assert.True(store.Contains("model.layers.0.mlp.router.bias"));
        Assert.True(store.Contains("model.layers.0.self_attn.sinks"));
        Assert.DoesNotContain(store.Tensors, t => t.Name.Contains("experts.0", StringComparison.Ordinal));
    }

    /// <summary>Random blocks and scales in place of the matrices, by the published definition: low half first, 2^(scale − 127).</summary>
    Dictionary<string, float[]> WriteMicroscaled(byte scaleOfAll = 0)
    {
        using var model = TinySpec.Model(Spec);
        ModelFolder.Save(model, folder["plain"], new SaveOptions { Type = TensorType.BF16 });
        var random = new Random(5);
        var expected = new Dictionary<string, float[]>();
        var tensors = new List<TensorSource>();
        using var store = TensorStore.Open(folder["plain"]);
        foreach (var info in store.Tensors)
        {
            if (!info.Name.EndsWith("_proj", StringComparison.Ordinal))
            {
                tensors.Add(TensorSource.Copy(store, info.Name));
                continue;
            }
            int rows = (int)info.Shape[2], columns = (int)info.Shape[1];
            byte[] blocks = new byte[Experts * rows * columns / 2], scales = new byte[Experts * rows * columns / 32];
            random.NextBytes(blocks);
            for (var i = 0; i < scales.Length; i++) scales[i] = scaleOfAll != 0 ? scaleOfAll : (byte)random.Next(122, 128);
            var values = new float[Experts * rows * columns];
            for (var i = 0; i < values.Length; i++)
                values[i] = levels[(blocks[i / 2] >> (i % 2 * 4)) & 15] * MathF.Pow(2, scales[i / 32] - 127);
            expected[info.Name] = values;
            tensors.Add(new TensorSource($"{info.Name}_blocks", TensorType.U8, [Experts, rows, columns / 32, 16], s => s.WriteBytes(blocks)));
            tensors.Add(new TensorSource($"{info.Name}_scales", TensorType.U8, [Experts, rows, columns / 32], s => s.WriteBytes(scales)));
        }
        Directory.CreateDirectory(folder["m"]);
        SafetensorsWriter.Write(folder["m/model.safetensors"], tensors);
        var config = JsonNode.Parse(File.ReadAllText(folder["plain/config.json"]))!.AsObject();
        config["quantization_config"] = new JsonObject { ["quant_method"] = "mxfp4" };
        File.WriteAllText(folder["m/config.json"], config.ToJsonString());
        return expected;
    }

    [Fact]
    public void Microscaled_blocks_have_the_values_of_their_definition()
    {
        var expected = WriteMicroscaled();
        using var loaded = ModelFolder.Load(folder["m"]);
        Assert.Empty(loaded.Notes);
        Assert.Equal(TensorType.BF16, loaded.StoredType);
        foreach (var (e, r) in new[] { (0, 0), (1, 9), (3, 31) })
        {
            var both = expected["model.layers.1.mlp.experts.gate_up_proj"];
            var rows = 2 * Width;
            Assert.Equal(both.AsSpan(((e * rows) + (2 * r)) * Width, Width).ToArray(), Row("gate"));
            Assert.Equal(both.AsSpan(((e * rows) + (2 * r) + 1) * Width, Width).ToArray(), Row("up"));
            Assert.Equal(expected["model.layers.1.mlp.experts.down_proj"].AsSpan(((e * Width) + r) * Width, Width).ToArray(), Row("down"));

            float[] Row(string projection) => loaded.Model[$"model.layers.1.mlp.experts.{e}.{projection}_proj.weight"].Row(r).ToArray();
        }
    }

    [Fact]
    public void Microscaled_blocks_stay_encoded()
    {
        WriteMicroscaled();
        using ModelFolderPair pair = new(ModelFolder.Load(folder["m"]), ModelFolder.Load(folder["m"], WeightStorage.Stored));
        var matrix = pair.Stored.Model.Parameters.Single(p => p.Name == "model.layers.0.mlp.experts.2.up_proj.weight").Matrix;
        Assert.Equal(WeightEncoding.MXFP4, Assert.IsType<EncodedTensor>(matrix).Encoding);
        float[] exact = Passes.Logits(pair.Wide.Model), encoded = Passes.Logits(pair.Stored.Model);
        // Products of blocks round their activations to 8 bits.
        Assert.InRange(Passes.MaxDifference(exact, encoded) / exact.Max(MathF.Abs), 1e-9, 0.1);
    }

    /// <summary>What stays of encoded experts is cut out, byte for byte.</summary>
    [Fact]
    public void Microscaled_blocks_of_experts_that_stay_are_copied()
    {
        WriteMicroscaled();
        int[] kept = [2, 0];
        ExpertSelection selection = new([.. Enumerable.Range(0, Spec.Layers.Count).Select(l => new LayerSelection(l) { Experts = kept })]);
        using (var part = StoredLayers.Open(folder["m"], selection))
        {
            var saved = ModelFolder.Save(part, folder["part"], new SaveOptions { Encoded = part.Weights });
            Assert.True(saved.KeptBlocks);
            Assert.Equal("gpt_oss", saved.Architecture.ModelType);
        }
        using (TensorStore whole = TensorStore.Open(folder["m"]), cut = TensorStore.Open(folder["part"]))
        {
            foreach (var tensor in whole.Tensors.Where(t => t.Name.Contains("_proj_", StringComparison.Ordinal)))
            {
                var length = (int)(tensor.ByteLength / Experts);
                for (var e = 0; e < kept.Length; e++)
                    Assert.Equal(whole.Bytes(tensor.Name, kept[e] * (long)length, length), cut.Bytes(tensor.Name, e * (long)length, length));
                Assert.Equal(kept.Length * (long)length, cut.Info(tensor.Name).ByteLength);
            }
            Assert.Equal(whole.Tensors.Count(), cut.Tensors.Count());
        }
        Assert.Equal("mxfp4", (string?)JsonNode.Parse(File.ReadAllText(folder["part/config.json"]))!["quantization_config"]!["quant_method"]);
        using ModelFolderPair pair = new(ModelFolder.Load(folder["m"], selection: selection), ModelFolder.Load(folder["part"]));
        Assert.Equal(Passes.Logits(pair.Wide.Model), Passes.Logits(pair.Stored.Model));
    }

    [Fact]
    public void A_scale_that_is_no_number_is_refused()
    {
        WriteMicroscaled(scaleOfAll: 255);
        Assert.Contains("_scales holds the scale 255", Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["m"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_without_their_scales_are_refused()
    {
        WriteMicroscaled();
        var tensors = new List<TensorSource>();
        using (var store = TensorStore.Open(folder["m"]))
        {
            tensors.AddRange(store.Tensors.Where(t => t.Name != "model.layers.0.mlp.experts.down_proj_scales").Select(t => TensorSource.Copy(store, t.Name)));
            SafetensorsWriter.Write(folder["less.safetensors"], tensors);
        }
        File.Move(folder["less.safetensors"], folder["m/model.safetensors"], overwrite: true);
        var message = Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["m"])).Message;
        Assert.Contains("missing (1)", message, StringComparison.Ordinal);
        Assert.Contains("down_proj_scales", message, StringComparison.Ordinal);
    }

    sealed record ModelFolderPair(LoadedModel Wide, LoadedModel Stored) : IDisposable
    {
        public void Dispose()
        {
            Wide.Dispose();
            Stored.Dispose();
        }
    }
}
