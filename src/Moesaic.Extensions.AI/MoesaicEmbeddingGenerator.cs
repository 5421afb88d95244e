using Microsoft.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI;

/// <summary>Embeddings of texts from a model in this process: hidden states after the last norm, pooled. For any thread. Disposing it leaves the model alone.</summary>
/// <remarks>
/// Of <see cref="EmbeddingGenerationOptions"/> ModelId (only this model's), Dimensions (only the model's width) and AdditionalProperties <c>task</c> and
/// <c>client</c> are honoured; all else is refused by name.
/// </remarks>
public sealed class MoesaicEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    static readonly string[] Properties = ["task", "client"];

    readonly MoesaicModel model;
    readonly Pooling pooling;
    readonly bool normalise;
    readonly EmbeddingGeneratorMetadata metadata;

    /// <summary>Makes one for a model.</summary>
    /// <param name="model">The model; must outlive this.</param>
    /// <param name="pooling">What becomes of the hidden states of a text: their mean, or the last.</param>
    /// <param name="normalise">Whether vectors are divided by their length.</param>
    /// <exception cref="BadRequestException">The pooling leaves more than one vector.</exception>
    public MoesaicEmbeddingGenerator(MoesaicModel model, Pooling pooling = Pooling.Mean, bool normalise = true)
    {
        if (pooling == Pooling.None) throw new BadRequestException("An embedding is one vector; pool by mean or last.");
        (this.model, this.pooling, this.normalise) = (model, pooling, normalise);
        metadata = new EmbeddingGeneratorMetadata("moesaic", defaultModelId: model.Name, defaultModelDimensions: model.Spec.Width);
    }

    /// <summary>Embeds texts.</summary>
    /// <param name="values">The texts, none empty.</param>
    /// <param name="options">Read, never changed.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Their vectors in order, and how many tokens they had.</returns>
    /// <exception cref="BadRequestException">An option is not possible; a text is empty or longer than the context (<see cref="ContextExceededException"/>).</exception>
    /// <exception cref="QueueFullException">Too many requests wait.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        Refuse(options);
        var (task, client) = (Property(options, "task"), Property(options, "client"));
        var at = TimeProvider.System.GetUtcNow();
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        // As many at a time as run together: more would only fill the line for others.
        foreach (var texts in values.Chunk(model.Running))
        {
            var asked = texts.Select(text => Task.Run(() => model.Queue.EmbedAsync(new EmbeddingRequest
            {
                Prompt = model.Tokenizer.Encode(text, parseSpecial: false), Pooling = pooling, Normalise = normalise, Task = task, Client = client ?? "",
            }, cancellationToken), cancellationToken));
            foreach (var embedding in await Task.WhenAll(asked).ConfigureAwait(false))
            {
                embeddings.Add(new Embedding<float>(embedding.Vectors[0]) { ModelId = model.Name, CreatedAt = at });
                tokens += embedding.Tokens;
            }
        }
        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return embeddings;
    }

    /// <summary>This, its metadata, or its model.</summary>
    /// <param name="serviceType">What is wanted.</param>
    /// <param name="serviceKey">Null; nothing has a key.</param>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : new object[] { this, metadata, model, model.Queue }.FirstOrDefault(serviceType.IsInstanceOfType);
    }

    /// <summary>Does nothing: the model belongs to who opened it.</summary>
    public void Dispose() { }

    void Refuse(EmbeddingGenerationOptions? options)
    {
        if (options?.ModelId is { } id && id != model.Name) throw new BadRequestException($"ModelId is {id}; this generator has {model.Name} and no other model.");
        if (options?.Dimensions is { } dimensions && dimensions != model.Spec.Width)
            throw new BadRequestException($"Dimensions is {dimensions}; embeddings of {model.Name} have {model.Spec.Width} and are not shortened.");
        if (options?.RawRepresentationFactory is not null) throw new BadRequestException("RawRepresentationFactory: there is nothing it could make.");
        if (options?.AdditionalProperties?.Keys.FirstOrDefault(key => !Properties.Contains(key, StringComparer.Ordinal)) is { } unknown)
            throw new BadRequestException($"AdditionalProperties: {unknown} is unknown; known are {string.Join(", ", Properties)}.");
    }

    static string? Property(EmbeddingGenerationOptions? options, string key) => options?.AdditionalProperties?.TryGetValue(key, out var value) != true ? null
        : value as string ?? throw new BadRequestException($"AdditionalProperties: {key} must be a string.");
}
