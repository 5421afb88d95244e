using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Server;

namespace Moesaic.Cli.Verbs;

/// <summary>The options of serve: where, for whom, how much.</summary>
/// <param name="environment">Environment variables by name.</param>
sealed class ServeFlags(Func<string, string?> environment)
{
    const string KeyVariable = "MOESAIC_API_KEY";

    readonly Option<string?> host = new("--host") { Description = "Address to listen at: an IP address or localhost", HelpName = "address", DefaultValueFactory = _ => "127.0.0.1" };
    readonly Option<string?> port = GenerationFlags.Number("--port", "Port; 0: a free one", "8080");
    readonly Option<string?> keyFile = new("--api-key-file")
    {
        Description = $"A file with the keys of which a request must show one, a line each [default: the environment variable {KeyVariable}]", HelpName = "file",
    };
    readonly Option<bool> withoutKey = new("--without-key") { Description = "Let other machines use the server without a key" };
    readonly Option<string[]> hostNames = GenerationFlags.Several("--host-name", "A name requests may call the server by; may be given several times", "name");
    readonly Option<string[]> origins = GenerationFlags.Several("--cors", "The origin of a page elsewhere that may use the server; may be given several times", "origin");
    readonly Option<bool> policyChanges = new("--allow-policy-changes") { Description = "Let clients of other machines change routing policies" };
    readonly Option<string?> name = new("--name") { Description = "What the model is called in requests [default: its folder or file]", HelpName = "name" };
    readonly Option<string?> template = new("--template") { Description = "A Jinja file to write conversations with, in place of the model's chat template", HelpName = "file" };
    readonly Option<string?> context = new("--context") { Description = "Longest prompt and answer together, in tokens [default: the model's, at most what the cache holds]", HelpName = "n" };
    readonly Option<string?> cache = new("--cache")
    {
        Description = "How keys and values are kept: f32 as computed, f16 half as large, q8_0 a quarter", HelpName = "type", DefaultValueFactory = _ => "f32",
    };
    readonly Option<string?> cacheBytes = GenerationFlags.Number("--cache-bytes", "Bytes of keys and values, of all texts together", "2e9");
    readonly Option<string?> chunk = GenerationFlags.Number("--chunk", "Most tokens of prompts in a step", "64");
    readonly Option<string?> running = GenerationFlags.Number("--running", "Most requests worked on together", "16");
    readonly Option<string?> waiting = GenerationFlags.Number("--waiting", "Most requests that wait; one more gets 429", "128");
    readonly Option<string?> batch = GenerationFlags.Number("--max-batch", "Most texts of a request", "64");
    readonly Option<string?> body = GenerationFlags.Number("--max-body", "Longest body of a request, in bytes", "4e6");
    readonly Option<string?> connections = GenerationFlags.Number("--max-connections", "Most connections at a time", "1000");
    readonly Option<string?> deadline = new("--deadline") { Description = "Seconds after which a request fails, waiting included [default: never]", HelpName = "s" };
    readonly Option<string?> drain = GenerationFlags.Number("--drain", "Seconds that requests have to end when the server is asked to stop", "30");
    readonly Option<string?> otlp = new("--otlp") { Description = "A collector that measurements are sent to by OTLP over HTTP, such as http://localhost:4318", HelpName = "url" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            host, port, keyFile, withoutKey, hostNames, origins, policyChanges, name, template, context, cache, cacheBytes, chunk, running, waiting, batch,
            body, connections, deadline, drain, otlp,
        })
        {
            command.Add(option);
        }
    }

    /// <exception cref="BadRequestException">A value is out of range, or others could use the server by mistake.</exception>
    public ServerOptions Server(ParseResult parsed)
    {
        var options = new ServerOptions
        {
            Host = parsed.GetValue(host)!, Port = GenerationFlags.Value<int>(parsed, port), Keys = Keys(parsed), WithoutKey = parsed.GetValue(withoutKey),
            HostNames = parsed.GetValue(hostNames) ?? [], Origins = parsed.GetValue(origins) ?? [],
            PolicyChanges = parsed.GetValue(policyChanges) ? true : null, MaxBatch = GenerationFlags.Value<int>(parsed, batch),
            MaxBody = GenerationFlags.Value<long>(parsed, body), MaxConnections = GenerationFlags.Value<int>(parsed, connections),
            MaxRequests = Queue(parsed).Capacity + Queue(parsed).Running + 64,
            Deadline = parsed.GetValue(deadline) is { } seconds ? Seconds(deadline.Name, seconds) : null,
            Drain = Seconds(drain.Name, parsed.GetValue(drain)!),
            Otlp = parsed.GetValue(otlp) is not { } url ? null
                : Uri.TryCreate(url, UriKind.Absolute, out var collector) ? collector : throw new BadRequestException($"{otlp.Name} {url}: need an address such as http://localhost:4318."),
        };
        options.Validate();
        return options;
    }

    /// <exception cref="BadRequestException">A value is out of range.</exception>
    public MoesaicModelOptions Model(ParseResult parsed) => new()
    {
        Name = parsed.GetValue(name), Template = parsed.GetValue(template) is { } file ? TextFile.Read(template.Name, file) : null,
        Context = parsed.GetValue(context) is { } tokens ? ScalarText.Parse<int>(context.Name, tokens) : null,
        Cache = GenerationFlags.Value<CacheEncoding>(parsed, cache), CacheBytes = GenerationFlags.Value<long>(parsed, cacheBytes),
        Chunk = GenerationFlags.Value<int>(parsed, chunk), Queue = Queue(parsed),
    };

    QueueOptions Queue(ParseResult parsed)
    {
        var queue = new QueueOptions { Capacity = GenerationFlags.Value<int>(parsed, waiting), Running = GenerationFlags.Value<int>(parsed, running) };
        queue.Validate();
        return queue;
    }

    // Never an option: command lines are seen by all who use the machine.
    IReadOnlyList<string> Keys(ParseResult parsed)
    {
        var variable = environment(KeyVariable);
        if (parsed.GetValue(keyFile) is not { } file) return string.IsNullOrEmpty(variable) ? [] : [variable];
        if (!string.IsNullOrEmpty(variable)) throw new BadRequestException($"Give {keyFile.Name} or the environment variable {KeyVariable}, not both.");
        var keys = TextFile.Read(keyFile.Name, file).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return keys.Length > 0 ? keys : throw new BadRequestException($"{keyFile.Name} {file}: there is no key in it.");
    }

    static TimeSpan Seconds(string option, string text) => ScalarText.Parse<double>(option, text) is var seconds && seconds is >= 0 and <= 1e6
        ? TimeSpan.FromSeconds(seconds) : throw new BadRequestException($"{option} {text}: need 0 to 1000000 seconds.");
}
