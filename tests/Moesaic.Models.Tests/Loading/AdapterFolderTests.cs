using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Loading;

public sealed class AdapterFolderTests : IDisposable
{
    const int Rank = 2;

    readonly TemporaryFolder folder = new();

    public AdapterFolderTests()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture()));
        ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.F32 });
    }

    public void Dispose() => folder.Dispose();

    static MatrixChange Adapters(params ParameterRole[] roles)
    {
        var random = new Random(4);
        return (_, role, matrix) => roles.Contains(role)
            ? new AdaptedMatrix(matrix, Random(Rank, matrix.Columns), Random(matrix.Rows, Rank), 1.5f) : matrix;

        Tensor Random(int rows, int columns)
        {
            var tensor = new Tensor(rows, columns);
            ModelInitialiser.FillNormal(tensor.Span, random, 0.1);
            return tensor;
        }
    }

    float[] Save(string basis, WeightStorage storage, params ParameterRole[] roles)
    {
        using var adapted = ModelFolder.Load(basis, storage, Adapters(roles));
        AdapterFolder.Save(adapted.Model, basis, folder["adapter"], new SaveOptions { Type = TensorType.F32 });
        return Passes.Logits(adapted.Model);
    }

    [Fact]
    public void Files_and_names_are_those_of_peft()
    {
        Save(folder["model"], WeightStorage.Stored, ParameterRole.Experts, ParameterRole.Router);
        Assert.Equal(["adapter_config.json", "adapter_model.safetensors", "config.json"],
            Directory.GetFiles(folder["adapter"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        var config = JsonNode.Parse(File.ReadAllText(folder["adapter/adapter_config.json"]))!;
        Assert.Equal(("LORA", Rank, 3.0, "none"), ((string?)config["peft_type"], (int)config["r"]!, (double)config["lora_alpha"]!, (string?)config["bias"]));
        Assert.Equal(["gate", "w1", "w2", "w3"], config["target_modules"]!.AsArray().Select(m => (string?)m));
        Assert.Equal(Path.GetFullPath(folder["model"]), (string?)config["base_model_name_or_path"]);
        using var store = TensorStore.Open(folder["adapter/adapter_model.safetensors"]);
        Assert.Equal([Rank, 16], store.Info("base_model.model.model.layers.0.block_sparse_moe.experts.3.w1.lora_A.weight").Shape);
        Assert.Equal([12, Rank], store.Info("base_model.model.model.layers.0.block_sparse_moe.experts.3.w1.lora_B.weight").Shape);
        Assert.Equal(2 * ((3 * 4) + 1), store.Tensors.Count());
    }

    [Fact]
    public void Modules_are_named_wholly_where_others_end_alike()
    {
        string[] all = ["model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.gate_proj.weight", "model.layers.1.mlp.up_proj.weight"];
        Assert.Equal(["gate_proj"], AdapterFolder.Modules(all[..2], all));
        Assert.Equal(["model.layers.1.mlp.gate_proj", "model.layers.1.mlp.up_proj"], AdapterFolder.Modules(all[1..], all));
    }

    [Theory]
    [InlineData(WeightStorage.Stored)]
    [InlineData(WeightStorage.Float32)]
    public void What_was_kept_is_read_back_with_its_model(WeightStorage storage)
    {
        var trained = Save(folder["model"], WeightStorage.Stored, ParameterRole.Experts, ParameterRole.Attention);
        using var loaded = ModelFolder.Load(folder["adapter"], storage);
        Assert.InRange(Passes.MaxDifference(trained, Passes.Logits(loaded.Model)), 0, storage == WeightStorage.Stored ? 0 : 1e-4);
        Assert.Equal(storage == WeightStorage.Stored, loaded.Model.Parameters.Any(p => p.Matrix is AdaptedMatrix));
        using var plain = ModelFolder.Load(folder["model"]);
        Assert.True(Passes.MaxDifference(trained, Passes.Logits(plain.Model)) > 0.1);
        Assert.Equal(plain.Model.Spec.ToString(), ModelFolder.ReadSpec(folder["adapter"]).ToString());
    }

    [Fact]
    public void As_stored_weights_the_adapter_is_part_of_its_matrices()
    {
        var trained = Save(folder["model"], WeightStorage.Stored, ParameterRole.Experts);
        using (var weights = StoredWeights.Open(folder["adapter"]))
        {
            Assert.Equal(3 * 4, weights.Parameters.Count(p => !p.IsVector && p.Encoding is null));
            Assert.Contains(weights.Notes, n => n.Contains("added to 12 matrices", StringComparison.Ordinal));
            new GgufModelWriter(weights, WeightEncoding.F32).Write(folder["merged.gguf"]);
        }
        using var merged = ModelFolder.Load(folder["merged.gguf"]);
        Assert.InRange(Passes.MaxDifference(trained, Passes.Logits(merged.Model)), 0, 1e-4);
        using var pieces = StoredLayers.Open(folder["adapter"]);
        using var layer = pieces.Layer(0);
        Assert.Equal(merged.Model["model.layers.0.mlp.experts.3.up_proj.weight"].Span, layer["model.layers.0.mlp.experts.3.up_proj.weight"].Span);
    }

    [Theory]
    [InlineData(WeightEncoding.Q8_0)]
    [InlineData(WeightEncoding.Q4_0)]
    public void Beside_blocks_of_a_gguf_file_it_is_trained_and_kept(WeightEncoding encoding)
    {
        var attention = new AttentionSpec(4, 2, 16);
        using (var model = TinySpec.Model(TinySpec.Of(new DenseSpec(96)).With(attention) with { Width = 64 }))
            ModelFolder.Save(model, folder["wide"], new SaveOptions { Type = TensorType.F32 });
        using (var weights = StoredWeights.Open(folder["wide"])) new GgufModelWriter(weights, encoding).Write(folder["m.gguf"]);
        using var adapted = ModelFolder.Load(folder["m.gguf"], WeightStorage.Stored, Adapters(ParameterRole.Attention, ParameterRole.FeedForward));
        var matrices = adapted.Model.Parameters.Select(p => p.Matrix).OfType<AdaptedMatrix>().ToList();
        Assert.Equal(7, matrices.Count);
        Assert.All(matrices, m => Assert.Equal(encoding, m.Encoding));
        foreach (var matrix in matrices) matrix.Down.NeedsGradient = matrix.Up.NeedsGradient = true;
        // A step against the gradient lowers the loss.
        float Loss(bool learn)
        {
            using var workspace = new Workspace();
            workspace.Begin(learn);
            int[] tokens = Passes.Tokens(12), targets = Passes.Tokens(12, 8);
            var losses = workspace.CrossEntropy(adapted.Model.Hidden(workspace, PassInput.Sequence(tokens)), adapted.Model.Head, targets, [.. Enumerable.Repeat(1f / 12, 12)]);
            if (learn) workspace.Backward();
            return losses.Span.ToArray().Average();
        }
        var before = Loss(learn: true);
        foreach (var factor in matrices.SelectMany(m => new[] { m.Down, m.Up }))
            for (var i = 0; i < factor.Count; i++) factor.Span[i] -= 0.02f * factor.Gradient!.Span[i];
        Assert.True(Loss(learn: false) < before - 0.01f);

        AdapterFolder.Save(adapted.Model, folder["m.gguf"], folder["adapter"], new SaveOptions { Type = TensorType.F32 });
        using var kept = ModelFolder.Load(folder["adapter"], WeightStorage.Stored);
        Assert.Equal(Passes.Logits(adapted.Model), Passes.Logits(kept.Model));
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "peft_type")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("rank_pattern", "{\"q_proj\": 4}", "rank_pattern")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save")]
    [InlineData("bias", "\"all\"", "bias")]
    [InlineData("r", "0", "rank")]
    [InlineData("lora_alpha", "null", "lora_alpha")]
    [InlineData("base_model_name_or_path", "\"nowhere\"", "nowhere")]
    public void What_is_not_known_is_refused_by_name(string key, string value, string named)
    {
        Save(folder["model"], WeightStorage.Stored, ParameterRole.Attention);
        Change(key, value);
        Assert.Contains(named, Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["adapter"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_scale_and_relative_paths_are_understood()
    {
        Save(folder["model"], WeightStorage.Stored, ParameterRole.Attention);
        Change("base_model_name_or_path", "\"../model\"");
        Change("use_rslora", "true");
        using var loaded = ModelFolder.Load(folder["adapter"], WeightStorage.Stored);
        Assert.Equal(3 / MathF.Sqrt(2), ((AdaptedMatrix)loaded.Model.Parameters.First(p => p.Matrix is AdaptedMatrix).Matrix).Scale);
    }

    [Fact]
    public void Leftover_and_misshapen_tensors_are_named()
    {
        Save(folder["model"], WeightStorage.Stored, ParameterRole.Attention);
        var path = folder["adapter/adapter_model.safetensors"];
        TensorSource Zeros(string name, params long[] shape) => TensorSource.FromFloats(name, TensorType.F32, shape, () => new float[shape[0] * shape[1]]);
        const string Query = "base_model.model.model.layers.0.self_attn.q_proj";
        SafetensorsWriter.Write(path, [Zeros($"{Query}.lora_A.weight", Rank, 16), Zeros($"{Query}.lora_B.weight", 32, Rank), Zeros("base_model.model.lm_head.lora_A.weight", Rank, 16)]);
        Assert.Contains("lm_head.lora_A", Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["adapter"])).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [Zeros($"{Query}.lora_A.weight", Rank, 8), Zeros($"{Query}.lora_B.weight", 32, Rank)]);
        Assert.Contains("q_proj.lora_A", Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["adapter"])).Message, StringComparison.Ordinal);
        SafetensorsWriter.Write(path, [Zeros($"{Query}.lora_A.weight", Rank, 16)]);
        Assert.Contains("q_proj.lora_B", Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["adapter"])).Message, StringComparison.Ordinal);
    }

    void Change(string key, string value)
    {
        var config = JsonNode.Parse(File.ReadAllText(folder["adapter/adapter_config.json"]))!;
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(folder["adapter/adapter_config.json"], config.ToJsonString());
    }
}
