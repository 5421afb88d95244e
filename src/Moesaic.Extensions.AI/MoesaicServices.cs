using Microsoft.Extensions.AI;
using Moesaic.Extensions.AI;

// Where applications look for what adds services.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a model to the services of an application.</summary>
public static class MoesaicServices
{
    /// <summary>
    /// Adds a model as <see cref="MoesaicModel"/>, <see cref="IChatClient"/> and <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of strings, one for all.
    /// It is loaded when the first of them is asked for, and disposed with the services.
    /// </summary>
    /// <param name="services">Receives them.</param>
    /// <param name="path">A Hugging Face folder or a .gguf file.</param>
    /// <param name="options">Sizes and names; null for the defaults.</param>
    public static IServiceCollection AddMoesaic(this IServiceCollection services, string path, MoesaicModelOptions? options = null) => services
        .AddSingleton(_ => MoesaicModel.Open(path, options))
        .AddSingleton<IChatClient>(provider => new MoesaicChatClient(provider.GetRequiredService<MoesaicModel>()))
        .AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(provider => new MoesaicEmbeddingGenerator(provider.GetRequiredService<MoesaicModel>()));

    /// <summary>As <see cref="AddMoesaic"/>, one of several: by its key.</summary>
    /// <param name="services">Receives them.</param>
    /// <param name="key">What it is asked for by.</param>
    /// <param name="path">A Hugging Face folder or a .gguf file.</param>
    /// <param name="options">Sizes and names; null for the defaults.</param>
    public static IServiceCollection AddKeyedMoesaic(this IServiceCollection services, object key, string path, MoesaicModelOptions? options = null) => services
        .AddKeyedSingleton(key, (_, _) => MoesaicModel.Open(path, options))
        .AddKeyedSingleton<IChatClient>(key, (provider, own) => new MoesaicChatClient(provider.GetRequiredKeyedService<MoesaicModel>(own)))
        .AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            key, (provider, own) => new MoesaicEmbeddingGenerator(provider.GetRequiredKeyedService<MoesaicModel>(own)));
}
