using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI.Tests;

public class MoesaicServicesTests
{
    [Fact]
    public async Task A_model_is_loaded_once_when_it_is_needed_and_disposed_with_the_services()
    {
        var services = new ServiceCollection().AddMoesaic(ShippedModel.Folder, new() { CacheTokens = 512 }).AddKeyedMoesaic("absent", "nowhere");
        MoesaicModel model;
        await using (var provider = services.BuildServiceProvider())
        {
            var client = provider.GetRequiredService<IChatClient>();
            Assert.Equal(2, (await client.GetResponseAsync("Hi", new() { MaxOutputTokens = 2 })).Usage!.OutputTokenCount);
            model = provider.GetRequiredService<MoesaicModel>();
            Assert.Same(model, client.GetService<MoesaicModel>());
            Assert.Same(model, provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GetService(typeof(MoesaicModel)));
            Assert.Throws<Moesaic.Formats.BadModelException>(() => provider.GetRequiredKeyedService<IChatClient>("absent"));
        }
        Assert.Throws<QueueClosedException>(() => model.Queue.Generate(new() { Prompt = new int[1] }));
    }

    [Fact]
    public void Models_have_keys()
    {
        using var provider = new ServiceCollection()
            .AddKeyedMoesaic("a", ShippedModel.Folder, new() { CacheTokens = 64, Name = "first" })
            .AddKeyedMoesaic("b", ShippedModel.Folder, new() { CacheTokens = 64, Name = "second" }).BuildServiceProvider();
        Assert.Equal("first", provider.GetRequiredKeyedService<IChatClient>("a").GetService<MoesaicModel>()!.Name);
        Assert.Equal("second", provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("b").GetRequiredService<MoesaicModel>().Name);
        Assert.Null(provider.GetService<IChatClient>());
    }
}
