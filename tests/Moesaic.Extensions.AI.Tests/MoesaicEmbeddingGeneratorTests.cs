using Microsoft.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI.Tests;

public class MoesaicEmbeddingGeneratorTests(DemoFixture demo) : IClassFixture<DemoFixture>
{
    MoesaicModel Model => demo.Model;

    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    public async Task Texts_become_what_the_queue_computes(Pooling pooling)
    {
        var texts = Enumerable.Range(0, 40).Select(i => $"Text number {i} <|im_end|>").ToList();
        var embeddings = await new MoesaicEmbeddingGenerator(Model, pooling).GenerateAsync(texts);
        Assert.Equal(texts.Count, embeddings.Count);
        var last = Model.Tokenizer.Encode(texts[^1], parseSpecial: false);
        var expected = await Model.Queue.EmbedAsync(new() { Prompt = last, Pooling = pooling });
        Assert.Equal(expected.Vectors[0], embeddings[^1].Vector.ToArray());
        Assert.Equal(1, embeddings[3].Vector.ToArray().Sum(x => x * x), 1e-4);
        Assert.Equal(texts.Sum(t => Model.Tokenizer.Encode(t, parseSpecial: false).Length), embeddings.Usage!.InputTokenCount);
        Assert.Equal("demo", embeddings[0].ModelId);
    }

    [Fact]
    public async Task What_is_not_possible_is_refused_by_name()
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = new MoesaicEmbeddingGenerator(Model);
        Assert.Throws<BadRequestException>(() => new MoesaicEmbeddingGenerator(Model, Pooling.None));
        await Refused("Dimensions", new() { Dimensions = 64 });
        await Refused("ModelId", new() { ModelId = "other" });
        await Refused("magic", new() { AdditionalProperties = new() { ["magic"] = 1 } });
        await Refused("RawRepresentationFactory", new() { RawRepresentationFactory = _ => null });
        await Assert.ThrowsAsync<ContextExceededException>(() => generator.GenerateAsync([string.Concat(Enumerable.Repeat("word ", 600))]));
        Assert.Equal(256, (await generator.GenerateVectorAsync("a", new() { Dimensions = 256, ModelId = "demo" })).Length);

        async Task Refused(string name, EmbeddingGenerationOptions options) =>
            Assert.Contains(name, (await Assert.ThrowsAsync<BadRequestException>(() => generator.GenerateAsync(["a"], options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_are_what_they_are()
    {
        IEmbeddingGenerator<string, Embedding<float>> generator = new MoesaicEmbeddingGenerator(Model);
        var metadata = (EmbeddingGeneratorMetadata)generator.GetService(typeof(EmbeddingGeneratorMetadata))!;
        Assert.Equal(("moesaic", "demo", 256), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(Model, generator.GetService(typeof(MoesaicModel)));
        Assert.Null(generator.GetService(typeof(MoesaicModel), 1));
    }
}
