using System.Runtime.CompilerServices;
using System.Text;
using Moesaic.Extensions.AI;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Inference;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Server;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Page.Tests;

/// <summary>The server, with the model that ships split into 8 experts a layer of which a token gets 2.</summary>
public sealed class PageServer : IAsyncLifetime
{
    MoesaicServer? server;

    /// <summary>Where it listens.</summary>
    public Uri Address => server!.Addresses[0];

    public async ValueTask InitializeAsync()
    {
        server = await MoesaicServer.StartAsync(() => new MoesaicModel(Mixture(), Demo(), new MoesaicModelOptions { Name = "demo-moe" }), new ServerOptions { Port = 0 });
        await server.Ready;
    }

    /// <summary>Takes back what a test set.</summary>
    public async ValueTask Reset()
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var body = new StringContent("null", Encoding.UTF8, "application/json");
        using var response = await client.PutAsync("moesaic/policy", body);
        response.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
    }

    static Model Mixture()
    {
        const int context = 256;
        using var dense = ModelFolder.Load(Demo());
        var tokenizer = ModelTokenizer.Load(Demo(), dense.Model.Spec);
        var text = TextData.Read(new DataOptions { Path = DataOptions.DotnetDocs, Tokens = 4096 }, CorpusSplit.Train, tokenizer, seed: 1);
        var split = new SplitStepOptions { Experts = 8, Chosen = 2, Sharpness = 1, ClusterTokens = 4096 };
        var plan = new SplitPlanner(split, 1, SilentProgress.Instance).Make(dense.Model, PackedDataset.Pack(text.Samples, context));
        return Split.Apply(dense.Model, plan);
    }

    static string Demo([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "models", "demo"));
}
