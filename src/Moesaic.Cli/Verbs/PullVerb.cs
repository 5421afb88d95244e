using System.CommandLine;
using Moesaic.Cli.Ui;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic pull owner/name[:file.gguf]: a model from a hub, complete and checked or not at all.</summary>
sealed class PullVerb : Verb
{
    const string EndpointVariable = "HF_ENDPOINT", TokenVariable = "HF_TOKEN", Folder = "models";
    const int MostNames = 12;

    readonly Func<string, string?> environment;
    readonly HubOptions defaults;
    readonly Argument<string> model = new("model") { Description = "owner/name, or owner/name:file.gguf for one file of it" };
    readonly Option<string?> output = new("--output", "-o") { Description = $"Folder for the model [default: {Folder}/name]", HelpName = "folder" };
    readonly Option<string?> endpoint = new("--endpoint")
    {
        Description = $"Address of the hub [default: {EndpointVariable}, else https://huggingface.co]", HelpName = "url",
    };
    readonly Option<string> revision = new("--revision") { Description = "Branch, tag or commit", HelpName = "name", DefaultValueFactory = _ => "main" };
    readonly Option<string?> tokenEnv = new("--token-env")
    {
        Description = $"Environment variable that holds the token [default: {TokenVariable}]", HelpName = "variable",
    };
    readonly Option<bool> dryRun = new("--dry-run") { Description = "List what would be fetched and left out, fetch nothing" };

    /// <param name="environment">Looks up a variable.</param>
    /// <param name="defaults">How patiently.</param>
    public PullVerb(Func<string, string?> environment, HubOptions defaults) : base("pull", "Fetch a model from a hub, resumable and checked")
    {
        (this.environment, this.defaults) = (environment, defaults);
        Add(model);
        foreach (var option in new Option[] { output, endpoint, revision, tokenEnv, dryRun }) Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "pull HuggingFaceTB/SmolLM2-135M", "pull TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF:tinyllama-1.1b-chat-v1.0.Q4_0.gguf -o models/tinyllama",
    ];

    public override void Run(ParseResult parsed, Session session) => Pull(parsed, session).GetAwaiter().GetResult();

    async Task Pull(ParseResult parsed, Session session)
    {
        var (view, reference) = (session.View, HubReference.Parse(parsed.GetRequiredValue(model)));
        var folder = parsed.GetValue(output) ?? $"{Folder}/{reference.Name}";
        using var pull = new HubPull(Settings(parsed), view.Note);
        var listing = await pull.List(reference, session.Cancellation);
        var selection = await pull.Choose(listing, session.Cancellation);
        if (selection.LeftOut.Count > 0) view.Note($"left out: {Describe(selection.LeftOut)}: {Names(selection.LeftOut)}");
        if (parsed.GetValue(dryRun))
        {
            view.Table(new ReportTable($"{reference.Repository} at {listing.Commit}", ["file", "size"],
                [.. selection.Wanted.Select(f => (IReadOnlyList<string>)[f.Name, Quantity.Bytes(f.Size)])]));
            view.Line($"would fetch {Describe(selection.Wanted)} into {folder}");
            return;
        }

        IProgressTask? task = null;
        bool fetched;
        try
        {
            fetched = await pull.Run(listing, selection, folder, done =>
            {
                task ??= view.Begin($"pull {reference.Repository}", selection.Bytes, "bytes", done);
                task.Report(done);
            }, session.Cancellation);
        }
        finally
        {
            task?.Dispose();
        }
        view.Line($"{folder} {(fetched ? "holds" : "is up to date with")} {reference.Repository} at {listing.Commit}: {Describe(selection.Wanted)}");
    }

    HubOptions Settings(ParseResult parsed)
    {
        var variable = parsed.GetValue(tokenEnv);
        var token = Variable(variable ?? TokenVariable);
        if (variable is not null && token is null)
            throw new BadRequestException($"--token-env {variable}: there is no such environment variable, or it is empty.");
        var address = parsed.GetValue(endpoint) ?? Variable(EndpointVariable);
        return defaults with
        {
            Endpoint = address is null ? defaults.Endpoint
                : Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri
                : throw new BadRequestException($"The endpoint {address} is no address such as https://huggingface.co."),
            Token = token,
            Revision = parsed.GetRequiredValue(revision),
        };
    }

    string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

    static string Describe(IReadOnlyList<HubFile> files) =>
        $"{files.Count} {(files.Count == 1 ? "file" : "files")}, {Quantity.Bytes(files.Sum(f => (double)f.Size))}";

    static string Names(IReadOnlyList<HubFile> files) =>
        string.Join(", ", files.Take(MostNames).Select(f => f.Name)) + (files.Count > MostNames ? $" and {files.Count - MostNames} more" : "");
}
