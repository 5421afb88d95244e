using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

public class GeneratorTests
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<a>", "<b>");
    static readonly HashSet<int> Never = [];
    static readonly SamplingOptions Warm = new() { Temperature = 1 };

    public static TheoryData<string> Kinds => TinyModels.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Greedy_text_does_not_depend_on_the_size_of_passes(string kind)
    {
        using var model = TinyModels.Make(kind);
        var results = new[] { 1, 3, 256 }.Select(chunk =>
        {
            using var generator = new Generator(model, Tokenizer, Never, chunk);
            return generator.Generate("Once upon a time", new GenerationOptions { MaxTokens = 40 }).Tokens;
        }).ToList();
        Assert.Equal(40, results[0].Count);
        Assert.All(results, tokens => Assert.Equal(results[0], tokens));
    }

    [Fact]
    public void The_same_seed_gives_the_same_text()
    {
        using var model = TinyModels.Make("mixture");
        string Text(ulong seed) => Run(model, "Hello", new GenerationOptions { Sampling = Warm with { Seed = seed } }).Text;
        Assert.Equal(Text(4), Text(4));
        Assert.NotEqual(Text(4), Text(5));
    }

    [Fact]
    public void Using_the_sequence_before_again_changes_nothing()
    {
        using var model = TinyModels.Make("shared");
        using var generator = new Generator(model, Tokenizer, Never);
        var options = new GenerationOptions { MaxTokens = 12 };
        foreach (var prompt in new[] { "abcdef", "abcdefgh", "abc", "abcdef", "x", "abcdef and much more text than before" })
            Assert.Equal(Run(model, prompt, options).Tokens, generator.Generate(prompt, options).Tokens);
    }

    [Fact]
    public void Pieces_joined_are_the_text()
    {
        using var model = TinyModels.Make("dense");
        var pieces = new List<string>();
        using var generator = new Generator(model, Tokenizer, Never);
        var result = generator.Generate("Hello", new GenerationOptions { Sampling = Warm, MaxTokens = 60 }, pieces.Add);
        Assert.Equal(result.Text, string.Concat(pieces));
        Assert.True(pieces.Count > 1);
        Assert.DoesNotContain("", pieces);
        var all = Tokenizer.Decode([.. Tokenizer.Encode("Hello"), .. result.Tokens]);
        Assert.Equal(all, "Hello" + result.Text);
        Assert.Equal((FinishReason.Length, 6), (result.FinishReason, result.PromptTokens));
    }

    [Fact]
    public void Stops_at_a_token_that_ends_the_text()
    {
        using var model = TinyModels.Make("dense");
        var free = Run(model, "Hello", new GenerationOptions { Sampling = Warm });
        var end = free.Tokens[20];
        var first = free.Tokens.ToList().IndexOf(end);
        using var generator = new Generator(model, Tokenizer, new HashSet<int> { end });
        var result = generator.Generate("Hello", new GenerationOptions { Sampling = Warm });
        Assert.Equal(FinishReason.Eos, result.FinishReason);
        Assert.Equal(free.Tokens.Take(first + 1), result.Tokens);
        Assert.Equal(Tokenizer.Decode([.. free.Tokens.Take(first)]), result.Text);
    }

    [Fact]
    public void Stops_before_a_stop_string_that_spans_tokens()
    {
        using var model = TinyModels.Make("dense");
        var free = Run(model, "Hello", new GenerationOptions { Sampling = Warm }).Text;
        var stop = free.Substring(free.Length / 2, 3);
        var pieces = new List<string>();
        using var generator = new Generator(model, Tokenizer, Never);
        var result = generator.Generate("Hello", new GenerationOptions { Sampling = Warm, Stop = ["never this", stop] }, pieces.Add);
        Assert.Equal(FinishReason.Stop, result.FinishReason);
        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], result.Text);
        Assert.Equal(result.Text, string.Concat(pieces));
    }

    [Fact]
    public void Ends_where_the_context_ends()
    {
        using var model = TinyModels.Make("dense");
        var result = Run(model, "Hello", new GenerationOptions { MaxTokens = null });
        Assert.Equal((FinishReason.Length, TinyModels.Context - 6), (result.FinishReason, result.Tokens.Count));
        var last = Run(model, new string('a', TinyModels.Context - 2), new GenerationOptions());
        Assert.Single(last.Tokens);
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused_with_the_numbers()
    {
        using var model = TinyModels.Make("dense");
        var error = Assert.Throws<ContextExceededException>(() => Run(model, new string('a', TinyModels.Context), new GenerationOptions()));
        Assert.Contains("97 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("96", error.Message, StringComparison.Ordinal);
        Assert.Throws<ContextExceededException>(() => Run(model, new string('a', TinyModels.Context - 1), new GenerationOptions()));
    }

    [Fact]
    public void Names_of_special_tokens_in_a_prompt_are_characters()
    {
        using var model = TinyModels.Make("dense");
        Assert.Equal(1 + "</s>".Length, Run(model, "</s>", new GenerationOptions { MaxTokens = 1 }).PromptTokens);
    }

    [Fact]
    public void Bad_options_are_refused()
    {
        using var model = TinyModels.Make("dense");
        Assert.Throws<BadRequestException>(() => Run(model, "a", new GenerationOptions { MaxTokens = 0 }));
        Assert.Throws<BadRequestException>(() => Run(model, "a", new GenerationOptions { Stop = ["x", ""] }));
        Assert.Throws<BadRequestException>(() => Run(model, "a", new GenerationOptions { Sampling = new() { TopP = 2 } }));
        using var generator = new Generator(model, Tokenizer, Never);
        Assert.Throws<BadRequestException>(() => generator.Generate(ReadOnlySpan<int>.Empty, new GenerationOptions()));
    }

    [Fact]
    public void Damaged_weights_are_reported_as_a_bad_model()
    {
        using var model = TinyModels.Make("dense");
        model.Head.Dense.Span[5] = float.NaN;
        Assert.Throws<BadModelException>(() => Run(model, "a", new GenerationOptions()));
    }

    [Fact]
    public void Cancelling_stops_and_leaves_the_generator_usable()
    {
        using var model = TinyModels.Make("dense");
        using var generator = new Generator(model, Tokenizer, Never);
        using var source = new CancellationTokenSource();
        var options = new GenerationOptions { Sampling = Warm };
        Assert.Throws<OperationCanceledException>(() => generator.Generate("Hello", options, _ => source.Cancel(), source.Token));
        Assert.Equal(Run(model, "Hello", options).Text, generator.Generate("Hello", options).Text);
    }

    static GenerationResult Run(Model model, string prompt, GenerationOptions options)
    {
        using var generator = new Generator(model, Tokenizer, Never);
        return generator.Generate(prompt, options);
    }
}
