using System.CommandLine;
using System.Globalization;
using Moesaic.Cli.Ui;
using Moesaic.Extensions.AI;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Steps;
using Moesaic.Models.Loading;
using Moesaic.Server;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic serve folder: a model for programs and browsers.</summary>
sealed class ServeVerb : Verb
{
    readonly Argument<string> model = new("model") { Description = "Model folder or .gguf file" };
    readonly ServeFlags flags;
    readonly VariantFlags variant = new();

    /// <param name="environment">Environment variables by name.</param>
    public ServeVerb(Func<string, string?> environment) : base("serve", "Serve a model by the OpenAI protocol, with a page to talk to it")
    {
        flags = new ServeFlags(environment);
        Add(model);
        flags.AddTo(this);
        variant.AddTo(this);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "serve models/demo",
        "serve out/demo-moe --policy chosen=1 --context 512 --running 8",
        "serve out/chat.gguf --host 0.0.0.0 --api-key-file keys.txt --host-name models.example.org",
    ];

    public override void Run(ParseResult parsed, Session session) =>
        RunAsync(parsed.GetRequiredValue(model), variant.Read(parsed), flags.Model(parsed), flags.Server(parsed) with { Report = session.View.Warn }, session)
            .GetAwaiter().GetResult();

    static async Task RunAsync(string folder, ModelVariant variant, MoesaicModelOptions options, ServerOptions served, Session session)
    {
        await using var server = await MoesaicServer.StartAsync(() => Open(folder, variant, options, session.View), served);
        var address = server.Addresses[0];
        session.View.Note($"listening at {address}; the model is being loaded");
        await server.Ready.WaitAsync(session.Cancellation);
        Tell(server, options, served, session.View);

        session.Signals.Stopping = () => session.View.Note(FormattableString.Invariant(
            $"closing: requests have {served.Drain.TotalSeconds:0.#} s to end; Ctrl-C again stops at once"));
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (session.Cancellation.Register(stopped.SetResult)) await stopped.Task;
        if (!await server.DrainAsync()) throw new OperationCanceledException("requests were cut off", session.Cancellation);
        session.View.Note("closed: all requests were answered");
    }

    static MoesaicModel Open(string folder, ModelVariant variant, MoesaicModelOptions options, IView view)
    {
        var loaded = variant.Load(folder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) view.Note(note);
        try
        {
            return new MoesaicModel(loaded.Model, folder, options);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    static void Tell(MoesaicServer server, MoesaicModelOptions options, ServerOptions served, IView view)
    {
        var model = server.Model!;
        var cache = model.Queue.Status.Cache;
        view.Table(new ReportTable($"{model.Name} at {server.Addresses[0]}", ["setting", "value"],
        [
            ["context", Tokens(model.Context)], ["cache", $"{Tokens((long)cache.Pages * cache.PageTokens)}, {Quantity.Bytes(cache.Pages * cache.PageBytes)}"],
            ["run together", Requests(options.Queue.Running)], ["wait", $"{Requests(options.Queue.Capacity)}, then 429"],
            ["texts of a request", Number(served.MaxBatch)], ["body", $"at most {Quantity.Bytes(served.MaxBody)}"],
            ["deadline", served.Deadline is { } deadline ? Seconds(deadline) : "none"], ["time to end", Seconds(served.Drain)],
            ["key", served.Keys.Count switch { 0 => "none", 1 => "needed", var n => $"one of {n} needed" }],
        ]));
        view.Table(new ReportTable("Endpoints", ["method", "path", "for"], [.. server.Endpoints.Select(e => (IReadOnlyList<string>)[e.Method, e.Path, e.About]), ["GET", "/", "a page to talk to the model"]]));
        view.Line($"Try: {Curl(server.Addresses[0], model, served)}");
    }

    static string Curl(Uri address, MoesaicModel model, ServerOptions served)
    {
        var key = served.Keys.Count > 0 ? " -H \"Authorization: Bearer $MOESAIC_API_KEY\"" : "";
        var (path, body) = model.Template is not null
            ? ("chat/completions", """{"messages": [{"role": "user", "content": "What does List<T>.Add do?"}], "stream": true}""")
            : ("completions", """{"prompt": "Returns the number of", "max_tokens": 20, "stream": true}""");
        return $"curl -N {new Uri(address, $"v1/{path}")} -H \"Content-Type: application/json\"{key} -d '{body}'";
    }

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    static string Tokens(long count) => $"{Number(count)} tokens";

    static string Requests(int count) => count == 1 ? "1 request" : $"{Number(count)} requests";

    static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");
}
