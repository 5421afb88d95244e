using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Plans;

public sealed class SplitPlannerTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 14).Select(i => new TokenizedSample(TinyModel.Tokens(20 + i, i), null)), length: 32);

    public static TheoryData<SplitMethod> Methods => [.. Enum.GetValues<SplitMethod>()];

    /// <summary>With one layer in memory and temporary files: the plan of the whole model, to the last bit.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void One_layer_at_a_time_makes_the_same_plan(SplitMethod method)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense(layers: 3);
        ModelFolder.Save(dense, folder["dense"], new SaveOptions { Type = TensorType.F32 });
        using var stored = StoredLayers.Open(folder["dense"]);
        Directory.CreateDirectory(folder["work"]);
        foreach (var rule in new[] { ScaleRule.Fitted, ScaleRule.ResidualRatio })
        {
            var planner = new SplitPlanner(new SplitStepOptions
            {
                Experts = 4, Method = method, Router = method == SplitMethod.ActivationClusters ? null : RouterStart.Centroids, ScaleRule = rule,
                Calibration = new DataOptions { Path = "text" }, ClusterTokens = 100, DenseFirst = 1,
            }, 5, SilentProgress.Instance);
            var whole = planner.Make(dense, Data);
            Assert.Equal(whole.ToJson(), planner.Make(stored, Data, folder["work"]).ToJson());
            Assert.Equal(whole.ToJson(), planner.Make(stored, Data).ToJson());
        }
        Assert.Empty(Directory.GetFiles(folder["work"]));
    }

    /// <summary>A config.json alone: LLaMA-3-8B is planned with a few gigabytes, not with the 32 its float32 weights would take.</summary>
    [Theory]
    [InlineData(SplitMethod.Random, 7)]
    [InlineData(SplitMethod.TokenClusters, 7)]
    [InlineData(SplitMethod.CoActivation, 8)]
    [InlineData(SplitMethod.ActivationClusters, 7)]
    public void A_large_model_is_planned_by_its_layers(SplitMethod method, double gigabytes)
    {
        var config = (JsonObject)JsonNode.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
             "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192, "rms_norm_eps": 1e-05,
             "rope_theta": 500000.0, "tie_word_embeddings": false, "hidden_act": "silu"}
            """)!;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["text.txt"], "text");
        var options = new SplitStepOptions { Method = method, Context = 512, Calibration = new DataOptions { Path = folder["text.txt"], Tokens = 32768 } };
        var plan = new SplitStep(options).Plan(new PlanContext { Model = new ModelOutline(config, 0), Seed = 1, Threads = 2 });
        Assert.InRange(plan.PeakMemoryBytes / 1e9, 2, gigabytes);
        Assert.InRange(plan.Seconds, 300, 8 * 3600);
        Assert.InRange(plan.OutputBytes / 1e9, 16, 60);
        var measured = new SplitStep(options with { HeldOut = options.Calibration }).Plan(new PlanContext { Model = new ModelOutline(config, 0), Seed = 1, Threads = 2 });
        Assert.Equal(plan.PeakMemoryBytes, measured.PeakMemoryBytes);       // held-out text goes through layer by layer as well
        Assert.InRange(measured.Seconds, plan.Seconds + 100, 12 * 3600);
    }
}
