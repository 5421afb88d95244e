using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Inference.Tests;

public class SequenceDecoderTests
{
    public static TheoryData<string> Kinds => TinyModels.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Token_by_token_gives_the_bits_of_the_whole_sequence(string kind)
    {
        using var model = TinyModels.Make(kind);
        var tokens = TinyModels.Tokens(TinyModels.Context);
        var whole = Whole(model, tokens);
        using var decoder = new SequenceDecoder(model, TinyModels.Context);
        for (var t = 0; t < tokens.Length; t++)
            Assert.Equal(whole[t], decoder.Next(tokens[t]).ToArray());
        Assert.Equal(tokens.Length, decoder.Length);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_size_of_the_passes_does_not_change_a_bit(string kind)
    {
        using var model = TinyModels.Make(kind);
        var tokens = TinyModels.Tokens(70);
        var expected = Whole(model, tokens)[^1];
        foreach (var chunk in new[] { 1, 2, 7, 16, 69, 70, 500 })
        {
            using var decoder = new SequenceDecoder(model, 80, chunk);
            Assert.Equal(expected, decoder.Next(tokens).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Threads_do_not_change_a_bit(string kind)
    {
        using var model = TinyModels.Make(kind);
        var tokens = TinyModels.Tokens(40);
        var before = WorkerTeam.Threads;
        try
        {
            var runs = new List<float[]>();
            foreach (var threads in new[] { 1, 2, 3 })
            {
                WorkerTeam.Threads = threads;
                using var decoder = new SequenceDecoder(model, 50, chunk: 16);
                decoder.Next(tokens);
                runs.Add(decoder.Next(65).ToArray());
            }
            Assert.All(runs, run => Assert.Equal(runs[0], run));
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }

    [Fact]
    public void What_was_rewound_is_forgotten()
    {
        using var model = TinyModels.Make("mixture");
        var tokens = TinyModels.Tokens(30);
        using var decoder = new SequenceDecoder(model, 40);
        decoder.Next(TinyModels.Tokens(40, seed: 9));
        decoder.Rewind(0);
        decoder.Next(tokens[..20]);
        decoder.Next([1, 2, 3]);
        decoder.Rewind(20);
        Assert.Equal(Whole(model, tokens)[^1], decoder.Next(tokens.AsSpan(20)).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Rewind(31));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_step_allocates_no_managed_memory(string kind)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        using var model = TinyModels.Make(kind);
        using var decoder = new SequenceDecoder(model, TinyModels.Context);
        var sampler = new Sampler(new SamplingOptions
        {
            Temperature = 1, TopK = 20, TopP = 0.9f, TypicalP = 0.9f, RepetitionPenalty = 1.2f, PresencePenalty = 0.1f,
            LogitBias = new Dictionary<int, float> { [3] = 1 },
        }, model.Spec.VocabularySize);
        var probabilities = new LogProbabilities(model.Spec.VocabularySize);
        var top = new TokenLogProbability[5];
        var context = TinyModels.Tokens(TinyModels.Context);
        decoder.Next(context.AsSpan(0, 10));
        for (var t = 10; t < 30; t++) Step(t);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var t = 30; t < TinyModels.Context; t++) Step(t);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step(int t)
        {
            var logits = decoder.Next(context[t]);
            probabilities.Of(logits, sampler.Next(logits, context.AsSpan(0, t)), top);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new SequenceDecoder(model, 8);
        Assert.Throws<ArgumentException>(() => { decoder.Next([]); });
        Assert.Throws<ArgumentException>(() => { decoder.Next(TinyModels.Tokens(9)); });
        Assert.Throws<ArgumentException>(() => { decoder.Next(260); });
        Assert.Equal(0, decoder.Length);
        decoder.Next(TinyModels.Tokens(8));
        Assert.Throws<ArgumentException>(() => { decoder.Next(1); });
        var refused = Assert.Throws<BadRequestException>(() => new SequenceDecoder(model, TinyModels.Context + 1));
        Assert.Contains("97", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_stops_between_passes()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new SequenceDecoder(model, 50, chunk: 5);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => { decoder.Next(TinyModels.Tokens(20), source.Token); });
    }

    static List<float[]> Whole(Model model, int[] tokens)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var logits = model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(tokens)));
        return [.. Enumerable.Range(0, tokens.Length).Select(t => logits.Row(t).ToArray())];
    }
}
