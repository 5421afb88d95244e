using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI.Tests;

public class MoesaicModelTests
{
    static readonly MoesaicModelOptions Small = new() { CacheTokens = 1024 };

    [Fact]
    public async Task A_folder_becomes_a_model_that_answers()
    {
        using var model = MoesaicModel.Open(ShippedModel.Folder, Small);
        await model.WarmUpAsync();
        var request = new GenerationRequest { Prompt = model.Encode("Returns the number of"), Options = new() { MaxTokens = 8 } };
        var answer = Assert.Single(await model.Queue.Generate(request).ToEndAsync());
        Assert.Equal("demo", model.Name);
        Assert.Equal(512, model.Context);
        Assert.InRange(answer.Text.Length, 8, 80);
    }

    [Fact]
    public void The_token_that_ends_a_turn_in_the_template_ends_a_text()
    {
        using var model = MoesaicModel.Open(ShippedModel.Folder, Small);
        Assert.Contains(model.Tokenizer.IdOf("<|im_end|>")!.Value, model.EndOfTextIds);
        Assert.Contains(model.Tokenizer.IdOf("<|end_of_text|>")!.Value, model.EndOfTextIds);
    }

    [Fact]
    public void A_context_bounds_what_an_answer_reserves()
    {
        using var model = MoesaicModel.Open(ShippedModel.Folder, new() { CacheTokens = 512, Context = 64, Name = "short" });
        Assert.Equal(("short", 64), (model.Name, model.Context));
        var open = new GenerationRequest { Prompt = model.Encode("a"), Options = new() { MaxTokens = null }, Count = 4 };
        Assert.NotNull(model.Queue.Generate(open));
        Assert.Throws<ContextExceededException>(() => model.Queue.Generate(new() { Prompt = new int[64] }));
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        Assert.Throws<BadModelException>(() => MoesaicModel.Open("nowhere"));
        Assert.Contains("513", Assert.Throws<BadRequestException>(() => MoesaicModel.Open(ShippedModel.Folder, new() { Context = 513 })).Message);
        Assert.Throws<BadModelException>(() => MoesaicModel.Open(ShippedModel.Folder, new() { Template = "{% if %}" }));
    }

    [Fact]
    public void A_grammar_is_made_once()
    {
        using var model = MoesaicModel.Open(ShippedModel.Folder, Small);
        var made = 0;
        CompiledGrammar Compile(string key) => model.Compile(key, () => { made++; return Grammar.Literal("a"); });
        Assert.Same(Compile("a"), Compile("a"));
        for (var i = 0; i < 200; i++) Compile($"{i}");
        Assert.Equal(201, made);
    }
}
