using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text;

namespace Moesaic.Inference.Tests.Batching;

public class PolicyTests
{
    [Fact]
    public void Policies_may_be_exchanged_between_steps_and_never_share_a_cache()
    {
        using var model = TinyModels.Make("mixture");
        var one = RoutingPolicies.Everywhere(model.Spec, new RoutingPolicy { Chosen = 1 });
        var prompt = TinyModels.Tokens(70, 1);
        float[] plain = Alone(null), skipping = Alone(one);
        Assert.NotEqual(plain, skipping);

        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 1000 });
        Assert.Equal(plain, Last(decoder));
        decoder.Policies = one;
        Assert.Equal(skipping, Last(decoder));      // the pages of the same tokens are those of another policy
        Assert.Equal(skipping, Last(decoder));      // and these were used again
        decoder.Policies = null;
        Assert.Equal(plain, Last(decoder));

        // A sequence on its way goes on, and what it computes is nobody else's.
        using var mixed = decoder.Add(prompt.AsSpan(0, 40), 90);
        decoder.Step();
        decoder.Policies = one;
        mixed.Append(prompt.AsSpan(40));
        while (decoder.Step() > 0) { }
        Assert.NotEqual(plain, mixed.Logits.ToArray());
        Assert.NotEqual(skipping, mixed.Logits.ToArray());
        Assert.Equal(skipping, Last(decoder));

        float[] Alone(RoutingPolicies? policies)
        {
            using var single = new BatchDecoder(model, new BatchOptions { CacheTokens = 1000, Policies = policies, ReusesPrefixes = false });
            return Last(single);
        }

        float[] Last(BatchDecoder decoder)
        {
            using var sequence = decoder.Add(prompt, 90);
            while (decoder.Step() > 0) { }
            return sequence.Logits.ToArray();
        }
    }

    [Theory]
    [InlineData("chosen=1")]
    [InlineData("ratios=0.9,share=0.8,threshold=1.01,masked=0")]
    public void A_step_under_a_policy_allocates_no_managed_memory(string policy)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        using var model = TinyModels.Make("mixture");
        using var decoder = new SequenceDecoder(model, 64);
        decoder.Policies = RoutingPolicyFile.Read(policy, model.Spec);
        for (var i = 0; i < 40; i++) decoder.Next(i);
        var least = long.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            decoder.Rewind(10);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20; i++) decoder.Next(i);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void Decoding_counts_the_experts_that_tokens_compute()
    {
        using var model = TinyModels.Make("mixture");
        using var decoder = new SequenceDecoder(model, 64);
        decoder.Policies = RoutingPolicyFile.Read("chosen=1", model.Spec);
        decoder.Statistics = model.NewStatistics();
        decoder.Next(TinyModels.Tokens(20, 1));
        for (var i = 0; i < 10; i++) decoder.Next(i);
        Assert.All(decoder.Statistics, s => Assert.Equal((30, 1.0), (s.Tokens, s.PerToken)));
    }

    [Fact]
    public async Task A_queue_exchanges_policies_while_it_runs()
    {
        using var model = ShippedModel.Load();
        using var queue = new GenerationQueue(new Engine(model, TokenizerLoader.Load(ShippedModel.Folder), new HashSet<int>(), new BatchOptions { CacheTokens = 256 }));
        Assert.Throws<BadRequestException>(() => queue.Exchange(new RoutingPolicies(new Dictionary<int, RoutingPolicy> { [0] = new() { Chosen = 1 } })));
        queue.Exchange(RoutingPolicies.None);
        // And goes on.
        var request = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, Options = new() { MaxTokens = 3 } };
        Assert.Equal(3, (await queue.Generate(request).ToEndAsync())[0].Tokens.Count);
        Assert.Equal(RoutingPolicies.None, queue.Policies);
    }

    [Fact]
    public void Tokens_are_protected_when_a_prompt_is_read_and_a_token_alone_is_not()
    {
        using var model = TinyModels.Make("mixture");
        var policies = RoutingPolicies.Everywhere(model.Spec, new RoutingPolicy { Chosen = 1, Protection = new TokenProtection(0.1f) });
        Assert.Null(DecodableRouters.WhyNot(policies.ApplyTo(model.Spec)));
        using var decoder = new SequenceDecoder(model, 64);
        decoder.Policies = policies;
        decoder.Statistics = model.NewStatistics();
        decoder.Next(TinyModels.Tokens(20, 1));
        var chosen = ((MixtureSpec)model.Spec.Layers[model.Spec.MixtureLayers.First()].FeedForward).Router.Chosen;
        Assert.All(decoder.Statistics, s => Assert.Equal(20 + (2 * (chosen - 1)), s.Slots.ToArray().Sum()));
        for (var i = 0; i < 5; i++) decoder.Next(i);
        Assert.All(decoder.Statistics, s => Assert.Equal(25 + (2 * (chosen - 1)), s.Slots.ToArray().Sum()));
    }

    /// <summary>Who is important shows when the whole prompt is there: neither steps nor what was computed before may divide it.</summary>
    [Fact]
    public void A_protected_prompt_is_read_as_it_is_evaluated()
    {
        using var model = TinyModels.Make("mixture");
        var policies = RoutingPolicies.Everywhere(model.Spec, new RoutingPolicy { Chosen = 1, Protection = new TokenProtection(0.1f, 0.2f) });
        int[] first = TinyModels.Tokens(70, 1), second = TinyModels.Tokens(45, 2);
        using var workspace = new Workspace();
        float[] Evaluated(int[] prompt)
        {
            var input = PassInput.Sequence(prompt);
            input.Policies = new PassPolicies(model, policies);
            workspace.Begin(recording: false);
            model.EnsurePositions(prompt.Length);
            return model.Logits(workspace, model.Hidden(workspace, input)).Row(prompt.Length - 1).ToArray();
        }
        float[][] wanted = [Evaluated(first), Evaluated(second)];

        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 1000, Chunk = 16, Policies = policies });
        for (var round = 0; round < 2; round++)
        {
            using BatchSequence one = decoder.Add(first, 90), other = decoder.Add(second, 90);
            Assert.Equal(0, one.Reused);
            Assert.Equal(70, decoder.Step());       // the oldest, and the other does not fit beside it
            for (var i = 0; i < wanted[0].Length; i++) Assert.Equal(wanted[0][i], one.Logits[i], 1e-4f);
            one.Append(3);
            Assert.Equal(46, decoder.Step());
            for (var i = 0; i < wanted[1].Length; i++) Assert.Equal(wanted[1][i], other.Logits[i], 1e-4f);
        }

        // Without protection it is divided as ever.
        decoder.Policies = null;
        using var plain = decoder.Add(first, 90);
        Assert.Equal(16, decoder.Step());
    }
}
