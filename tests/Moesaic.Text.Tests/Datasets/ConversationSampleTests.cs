using Moesaic.Formats;
using Moesaic.Text.Chat;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class ConversationSampleTests
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|end|>", "<|user|>", "<|assistant|>");
    static readonly ChatMessage[] Talk = [new("user", "a"), new("assistant", "bé"), new("user", "c"), new("assistant", "d")];

    static ChatTemplate Template(string name) => ChatTemplate.Parse(
        File.ReadAllText(Golden.Path($"Chat/templates/{name}.jinja")),
        new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });

    static List<TokenizedSample> Build(ChatTemplate? template, SampleOptions? options = null, params ChatMessage[] messages) =>
        [.. new SampleBuilder(Tokenizer, options, template).Build(new Document("talk.jsonl, line 7", null, messages.Length > 0 ? messages : Talk))];

    /// <summary>What a sample learns, each run of counted tokens as text.</summary>
    static List<string> Learnt(TokenizedSample sample)
    {
        var runs = new List<string>();
        for (var start = 0; start < sample.Tokens.Length; start++)
        {
            if (!sample.LossMask![start]) continue;
            var end = start;
            while (end < sample.Tokens.Length && sample.LossMask[end]) end++;
            runs.Add(Tokenizer.Decode(sample.Tokens.AsSpan(start, end - start), skipSpecial: false));
            start = end;
        }
        return runs;
    }

    [Theory]
    [InlineData("chatml", "<|im_end|>")]
    [InlineData("own-generation", "</s>")]
    public void Only_what_the_assistant_says_is_learnt_up_to_the_end_of_its_turn(string name, string end)
    {
        var sample = Assert.Single(Build(Template(name)));
        Assert.Equal(["bé" + end, "d" + end], Learnt(sample));
        Assert.Equal(Template(name).Render(Talk, null, false), Tokenizer.Decode(sample.Tokens, skipSpecial: false));
    }

    [Theory]
    [InlineData("microsoft-Phi-3.5-mini-instruct")]
    [InlineData("Qwen-Qwen3-0.6B")]
    public void A_template_that_is_not_prefix_stable_is_refused_with_the_reason(string name)
    {
        var fault = Assert.Throws<BadRequestException>(() => Build(Template(name)));
        Assert.Contains("talk.jsonl, line 7", fault.Message, StringComparison.Ordinal);
        Assert.Contains("message 2", fault.Message, StringComparison.Ordinal);
        Assert.Contains("OneTurnPerSample", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Or_learnt_one_turn_per_sample()
    {
        var samples = Build(Template("Qwen-Qwen3-0.6B"), new() { OneTurnPerSample = true });
        Assert.Equal(["<think>\n\n</think>\n\nbé<|im_end|>"], Learnt(samples[0]));
        Assert.Equal(["<think>\n\n</think>\n\nd<|im_end|>"], Learnt(samples[1]));
        Assert.Equal(Template("Qwen-Qwen3-0.6B").Render(Talk, null, false), Tokenizer.Decode(samples[1].Tokens, skipSpecial: false));

        var quiet = Build(Template("Qwen-Qwen3-0.6B"),
            new() { OneTurnPerSample = true, TemplateVariables = new Dictionary<string, object?> { ["enable_thinking"] = false } });
        Assert.Equal([["bé<|im_end|>"], ["d<|im_end|>"]], quiet.Select(Learnt));
        Assert.Equal([["bé</s>"], ["d</s>"]], Build(Template("own-generation"), new() { OneTurnPerSample = true }).Select(Learnt));
    }

    [Fact]
    public void A_prompt_that_changes_once_the_answer_follows_is_refused()
    {
        var template = ChatTemplate.Parse("{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}");
        foreach (var oneTurn in new[] { false, true })
            Assert.Contains("can not be told from its context",
                Assert.Throws<BadRequestException>(() => Build(template, new() { OneTurnPerSample = oneTurn })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_refuses_part_of_a_conversation_is_named()
    {
        var template = ChatTemplate.Parse("{% if messages[-1].role == 'user' %}{{ raise_exception('no open end') }}{% endif %}{% for m in messages %}{{ m.content }}{% endfor %}");
        var fault = Assert.Throws<BadRequestException>(() => Build(template));
        Assert.Contains("no open end", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_the_template_refuses_is_named()
    {
        var fault = Assert.Throws<BadModelException>(() => Build(Template("own-alternating"), null, new("assistant", "a"), new("user", "b")));
        Assert.StartsWith("talk.jsonl, line 7: ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("turn 1 is of assistant", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_in_which_the_assistant_says_nothing_is_refused()
    {
        Assert.Throws<BadModelException>(() => Build(Template("chatml"), null, new ChatMessage("user", "a")));
        Assert.Throws<BadRequestException>(() => Build(Template("own-generation"), null, new ChatMessage("user", "a")));
    }

    [Fact]
    public void Without_template_conversations_are_refused_and_texts_are_not()
    {
        Assert.Contains("no chat template", Assert.Throws<BadRequestException>(() => Build(null)).Message, StringComparison.Ordinal);
        Assert.Single(new SampleBuilder(Tokenizer).Build([new Document("a.txt", "text", null)]));
    }

    [Fact]
    public void Generation_blocks_within_macros_are_refused_for_training_only()
    {
        var template = ChatTemplate.Parse("{% macro say(m) %}{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}");
        Assert.Equal("abécd", template.Render(Talk));
        Assert.Contains("macro", Assert.Throws<BadRequestException>(() => Build(template)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chatml")]
    [InlineData("own-generation")]
    public void System_turns_stay_and_are_not_learnt(string name)
    {
        ChatMessage[] talk = [new("system", "be kind"), .. Talk];
        var sample = Assert.Single(Build(Template(name), null, talk));
        Assert.Contains("be kind", Tokenizer.Decode(sample.Tokens, skipSpecial: false), StringComparison.Ordinal);
        Assert.Equal(Learnt(Assert.Single(Build(Template(name)))), Learnt(sample));
    }

    [Fact]
    public void The_token_for_the_beginning_stands_once_though_the_tokenizer_adds_one()
    {
        var template = ChatTemplate.Parse(
            "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
            new Dictionary<string, string> { ["bos_token"] = "<s>" });
        foreach (var oneTurn in new[] { false, true })
            Assert.All(Build(template, new() { OneTurnPerSample = oneTurn }), s =>
            {
                Assert.Equal(Tokenizer.BosId, s.Tokens[0]);
                Assert.Equal(1, s.Tokens.Count(t => t == Tokenizer.BosId));
            });
    }

    [Fact]
    public void No_turn_is_shortened_however_long_and_a_drop_takes_the_whole_conversation()
    {
        var endless = new string('y', 5000);
        var samples = Build(Template("chatml"), null, new ChatMessage("user", "a"), new("assistant", endless), new("user", "c"), new("assistant", "d"));
        Assert.Equal([endless + "<|im_end|>", "d<|im_end|>"], Learnt(Assert.Single(samples)));

        List<TokenizedSample> both = [.. samples, .. Build(Template("chatml"))];
        var packed = PackedDataset.Pack(both, 256, new PackingOptions { LongSamples = LongSamples.Drop });
        Assert.Equal(1, packed.Report.DroppedSamples);
        Assert.Equal([1, -1], packed.Batch([0], 0).Sources);
        Assert.Equal(both[1].LossMask!.Count(m => m), packed.Batch([0], 0).TargetCount);
    }

    [Fact]
    public void Of_a_last_turn_nothing_before_is_learnt()
    {
        var sample = new SampleBuilder(Tokenizer, null, Template("chatml")).FromLastTurn(Talk, "pair");
        Assert.Equal(["d<|im_end|>"], Learnt(sample));
        Assert.Equal(Template("chatml").Render(Talk, null, false), Tokenizer.Decode(sample.Tokens, skipSpecial: false));
    }

    [Fact]
    public void Of_a_continuation_the_prompt_is_not_learnt()
    {
        var sample = new SampleBuilder(Tokenizer).FromContinuation("once ", "more");
        Assert.Equal("<s>once more</s>", Tokenizer.Decode(sample.Tokens, skipSpecial: false));
        Assert.Equal(["more</s>"], Learnt(sample));
    }
}
