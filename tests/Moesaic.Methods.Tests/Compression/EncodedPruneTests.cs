using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

/// <summary>Experts stored in MXFP4, as gpt-oss has them: pruning encodes nothing anew.</summary>
public sealed class EncodedPruneTests : IDisposable
{
    const int Experts = 4, Width = 32;

    readonly TemporaryFolder folder = new();

    public EncodedPruneTests() => WriteMicroscaled();

    public void Dispose() => folder.Dispose();

    void WriteMicroscaled()
    {
        var router = new RouterSpec { Experts = Experts, Chosen = 1, Bias = true, Affinity = RouterAffinity.SoftmaxAfterSelection };
        var layer = new LayerSpec(new AttentionSpec(2, 1, 8, AttentionBias.All) { Sinks = true },
            new MixtureSpec(router, [.. Enumerable.Repeat(Width, Experts)]) { ExpertBias = true, Clamp = SwiGluClamp.Published });
        using var model = new Model(new ModelSpec
        {
            VocabularySize = 50, Width = Width, MaxPositions = 64, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false, Layers = [layer, layer],
        });
        ModelInitialiser.Randomise(model, 3, 0.2);
        ModelFolder.Save(model, folder["plain"], new SaveOptions());
        var random = new Random(1);
        using var store = TensorStore.Open(folder["plain"]);
        Directory.CreateDirectory(folder["model"]);
        SafetensorsWriter.Write(folder["model/model.safetensors"], [.. store.Tensors.SelectMany(Encoded)]);
        var config = JsonNode.Parse(File.ReadAllText(folder["plain/config.json"]))!.AsObject();
        config["quantization_config"] = new JsonObject { ["quant_method"] = "mxfp4" };
        File.WriteAllText(folder["model/config.json"], config.ToJsonString());

        TensorSource[] Encoded(TensorInfo info)
        {
            if (!info.Name.EndsWith("_proj", StringComparison.Ordinal)) return [TensorSource.Copy(store, info.Name)];
            byte[] blocks = new byte[info.ElementCount / 2], scales = new byte[info.ElementCount / 32];
            random.NextBytes(blocks);
            for (var i = 0; i < scales.Length; i++) scales[i] = (byte)random.Next(118, 124);
            long rows = info.Shape[2], columns = info.Shape[1] / 32;
            return
            [
                new($"{info.Name}_blocks", TensorType.U8, [Experts, rows, columns, 16], sink => sink.WriteBytes(blocks)),
                new($"{info.Name}_scales", TensorType.U8, [Experts, rows, columns], sink => sink.WriteBytes(scales)),
            ];
        }
    }

    StepReport Prune(PruneStepOptions options, string name)
    {
        Directory.CreateDirectory(folder["work-" + name]);
        return new PruneStep(options with { Method = PruneMethod.Random }).Run(new StepContext
        {
            InputFolder = folder["model"], OutputFolder = folder[name], WorkFolder = folder["work-" + name], Seed = 5, Progress = SilentProgress.Instance,
        });
    }

    [Fact]
    public void Blocks_of_experts_that_stay_are_those_of_the_source()
    {
        var report = Prune(new PruneStepOptions { Ratio = 0.5 }, "half");
        Assert.DoesNotContain(report.Notes, n => n.StartsWith("encoded weights", StringComparison.Ordinal));
        Assert.Equal(0, report.Figures.Single(f => f.Key == "read_back_difference").Value);
        var plan = PrunePlan.Load(folder["half"]);
        using TensorStore whole = TensorStore.Open(folder["model"]), half = TensorStore.Open(folder["half"]);
        Assert.Equal(whole.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), half.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        for (var l = 0; l < 2; l++)
            foreach (var name in new[] { "gate_up_proj_blocks", "gate_up_proj_scales", "down_proj_blocks", "down_proj_scales" })
            {
                var tensor = $"model.layers.{l}.mlp.experts.{name}";
                var length = (int)whole.Info(tensor).ByteLength / Experts;
                Assert.Equal(2, plan.Decided.Layers[l].Experts!.Count);
                foreach (var (place, expert) in plan.Decided.Layers[l].Experts!.Index())
                    Assert.Equal(whole.Bytes(tensor, (long)expert * length, length), half.Bytes(tensor, (long)place * length, length));
            }
    }

    [Fact]
    public void Where_blocks_have_no_place_the_report_says_what_they_became()
    {
        var uneven = Prune(new PruneStepOptions { Ratio = 0.25, PreserveRouterRows = true }, "uneven");
        Assert.Contains("encoded weights are written as BF16: the layout moesaic has no place for them", uneven.Notes);
        Assert.Equal(0, uneven.Figures.Single(f => f.Key == "read_back_difference").Value);      // bfloat16 holds them
        Assert.Contains("encoded weights are written as F32: type asks for it", Prune(new PruneStepOptions { Ratio = 0.5, Type = TensorType.F32 }, "wide").Notes);
    }
}
