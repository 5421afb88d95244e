using System.Collections.Concurrent;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>
/// A model that is loaded and answers: weights, tokenizer, chat template and the queue that runs them. For any thread. Disposing it cancels
/// what runs and frees the weights.
/// </summary>
public sealed class MoesaicModel : IDisposable, IAsyncDisposable
{
    const int MostGrammars = 64;

    readonly Model model;
    readonly Lazy<TokenTable> tokens;
    readonly ConcurrentDictionary<string, CompiledGrammar> grammars = new(StringComparer.Ordinal);

    /// <summary>Takes a model that is loaded already.</summary>
    /// <param name="model">The model; disposed with this.</param>
    /// <param name="path">The folder or .gguf file with its tokenizer and chat template.</param>
    /// <param name="options">Sizes and names; null for the defaults.</param>
    /// <exception cref="BadModelException">The tokenizer or the template is damaged or does not fit the model.</exception>
    /// <exception cref="BadRequestException">An option is out of range.</exception>
    public MoesaicModel(Model model, string path, MoesaicModelOptions? options = null)
    {
        options ??= new MoesaicModelOptions();
        this.model = model;
        Name = options.Name ?? NameOf(path);
        Tokenizer = ModelTokenizer.Load(path, Spec);
        Template = options.Template is { } text ? ChatTemplate.Parse(text, Tokenizer) : ChatTemplate.Find(path);
        Defaults = GenerationDefaults.Read(path);
        var ends = EndOfText.Ids(path, Spec, Tokenizer).ToHashSet();
        if (Template is not null && EndOfText.OfTurn(Template, Tokenizer) is { } turn) ends.Add(turn);
        EndOfTextIds = ends;
        ToolCalls = ToolCallFormat.Of(Template, Tokenizer);
        tokens = new(() => new TokenTable(Tokenizer, Spec.VocabularySize, EndOfTextIds));
        Queue = new GenerationQueue(new Engine(model, Tokenizer, EndOfTextIds, options.Batch(Spec)), options.Queue);
        Running = options.Queue.Running;
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A Hugging Face folder or a .gguf file.</param>
    /// <param name="options">Sizes and names; null for the defaults.</param>
    /// <exception cref="BadModelException">It is missing, damaged or not supported.</exception>
    /// <exception cref="BadRequestException">An option is out of range.</exception>
    public static MoesaicModel Open(string path, MoesaicModelOptions? options = null)
    {
        options ??= new MoesaicModelOptions();
        var loaded = ModelFolder.Load(path, options.Weights).Model;
        try
        {
            return new MoesaicModel(loaded, path, options);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Its shape.</summary>
    public ModelSpec Spec => model.Spec;

    /// <summary>The model itself; the queue's thread reads it all the time.</summary>
    public Model Model => model;

    /// <summary>Its tokenizer.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>How it wants conversations written; null for a model that only continues text.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>How its makers want tokens chosen.</summary>
    public GenerationDefaults Defaults { get; }

    /// <summary>How it writes calls of functions.</summary>
    public ToolCallFormat ToolCalls { get; }

    /// <summary>Tokens that end a text: those that its files name and the one that ends a turn in its template.</summary>
    public IReadOnlySet<int> EndOfTextIds { get; }

    /// <summary>Where texts are asked for.</summary>
    public GenerationQueue Queue { get; }

    /// <summary>Longest prompt and answer together, in tokens.</summary>
    public int Context => Queue.Context;

    /// <summary>The vocabulary for grammars; made when it is first asked for.</summary>
    public TokenTable Tokens => tokens.Value;

    /// <summary>How many requests are worked on together.</summary>
    internal int Running { get; }

    /// <summary>Encodes a text that is to be continued. Names of special tokens in it are characters.</summary>
    /// <param name="text">The text.</param>
    public int[] Encode(string text) => EndOfText.EncodeOpen(Tokenizer, text, EndOfTextIds);

    /// <summary>Prepares a grammar for the vocabulary. The last ones are kept: the same key gives the same grammar again without the work.</summary>
    /// <param name="key">What it depends on, such as the text of a schema.</param>
    /// <param name="grammar">Makes it.</param>
    /// <exception cref="BadRequestException">As <paramref name="grammar"/> says.</exception>
    public CompiledGrammar Compile(string key, Func<Grammar> grammar)
    {
        if (grammars.TryGetValue(key, out var known)) return known;
        var compiled = grammar().Compile(Tokens);
        // Which of them goes matters little; that they do not pile up does.
        if (grammars.Count >= MostGrammars) grammars.Clear();
        return grammars.GetOrAdd(key, compiled);
    }

    /// <summary>Runs a short prompt, so that the first request finds code compiled and weights in memory.</summary>
    /// <param name="cancellation">Ends it.</param>
    public async Task WarmUpAsync(CancellationToken cancellation = default)
    {
        var prompt = new int[Math.Min(32, Context - 1)];
        prompt.AsSpan().Fill(Tokenizer.BosId ?? 0);
        var tasks = Spec.Tasks;
        var request = new GenerationRequest { Prompt = prompt, Options = new GenerationOptions { MaxTokens = 4, Task = tasks.Count > 0 ? tasks[0] : null } };
        await Queue.Generate(request, cancellation).ToEndAsync(cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Queue.Dispose();
        model.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(Dispose).ConfigureAwait(false);

    static string NameOf(string path)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return GgufFile.Is(path) ? Path.GetFileNameWithoutExtension(name) : name;
    }
}
