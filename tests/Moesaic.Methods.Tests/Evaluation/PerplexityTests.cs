using System.Runtime.CompilerServices;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Evaluation;

public class PerplexityTests
{
    [Theory]
    [InlineData(8, 8)]
    [InlineData(8, 3)]
    [InlineData(8, 1)]
    [InlineData(1, 1)]
    [InlineData(100, 100)]
    public void Every_token_but_the_first_counts_once_after_what_precedes_it(int context, int stride)
    {
        foreach (var length in new[] { 1, 2, 7, 8, 9, 10, 17, 33 })
        {
            // Tokens are their own places: a window tells where it was cut.
            var sample = new TokenizedSample([.. Enumerable.Range(0, length)], null);
            var counted = new List<int>();
            foreach (var window in Perplexity.Windows([sample], context, stride))
            {
                Assert.InRange(window.Tokens.Length, 2, context + 1);
                Assert.Equal(Enumerable.Range(window.Tokens[0], window.Tokens.Length), window.Tokens);
                for (var i = 0; i < window.Tokens.Length; i++)
                {
                    if (!window.LossMask![i]) continue;
                    counted.Add(window.Tokens[i]);
                    Assert.True(i >= Math.Min(window.Tokens[i], context - stride + 1), "a token with less to look back on than promised");
                }
            }
            Assert.Equal(Enumerable.Range(1, length - 1), counted);
        }
    }

    [Fact]
    public void Masks_are_kept()
    {
        var mask = Enumerable.Range(0, 20).Select(i => i % 3 == 0).ToArray();
        var windows = Perplexity.Windows([new TokenizedSample([.. Enumerable.Range(0, 20)], mask)], 6, 2);
        Assert.Equal([3, 6, 9, 12, 15, 18], windows.SelectMany(w => w.Tokens.Where((_, i) => w.LossMask![i])));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(8, 0)]
    [InlineData(8, 9)]
    public void Windows_that_leave_gaps_are_refused(int context, int stride) =>
        Assert.Throws<BadRequestException>(() => Perplexity.Windows([new TokenizedSample([1, 2], null)], context, stride).Count());

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void The_loss_is_the_mean_over_counted_tokens_whatever_the_rows(int rows)
    {
        using var model = TinyModel.Dense();
        var samples = Enumerable.Range(0, 7).Select(i => new TokenizedSample(TinyModel.Tokens(3 + (4 * i), seed: i), null)).ToList();
        var measured = Perplexity.Measure(model, PackedDataset.Pack(Perplexity.Windows(samples, 40, 40), 40), rows);

        double sum = 0;
        foreach (var tokens in samples.Select(s => s.Tokens))
        {
            var logits = TinyModel.Logits(model, tokens);
            for (var t = 1; t < tokens.Length; t++)
            {
                var row = logits.AsSpan((t - 1) * TinyModel.Vocabulary, TinyModel.Vocabulary).ToArray();
                sum += Math.Log(row.Sum(z => Math.Exp(z))) - row[tokens[t]];
            }
        }
        Assert.Equal(samples.Sum(s => s.Tokens.Length - 1), measured.Tokens);
        Assert.Equal(sum / measured.Tokens, measured.Loss, 1e-5);
        Assert.Equal(Math.Exp(measured.Loss), measured.Perplexity);
    }

    [Fact]
    public async Task The_loss_is_that_of_the_log_probabilities_which_the_queue_gives_of_a_prompt()
    {
        using var loaded = ModelFolder.Load(Demo());
        var tokenizer = TokenizerLoader.Load(Demo());
        var samples = new[] { "Returns the number of characters in the string.", "A list of values, in the order in which they came; none is kept twice." }
            .Select(text => new TokenizedSample(tokenizer.Encode(text), null)).ToList();
        using var queue = new GenerationQueue(new Engine(loaded.Model, tokenizer, new HashSet<int>(), new BatchOptions { CacheTokens = 1024, Chunk = 9 }));
        foreach (var sample in samples)
        {
            var measured = Perplexity.Measure(loaded.Model, PackedDataset.Pack(Perplexity.Windows([sample], 256, 256), 256));
            var request = new GenerationRequest { Prompt = sample.Tokens, PromptLogProbabilities = 0, PromptOnly = true };
            var prompt = (await queue.Generate(request, TestContext.Current.CancellationToken).ToEndAsync(TestContext.Current.CancellationToken))[0].Prompt!;
            Assert.Equal(measured.Tokens, prompt.Count);
            Assert.Equal(measured.Loss, -prompt.Average(token => (double)token.Token.LogProbability), 1e-4);
        }

        static string Demo([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "models", "demo"));
    }

    [Fact]
    public void Measuring_can_be_stopped()
    {
        using var model = TinyModel.Dense();
        using var stop = new CancellationTokenSource();
        var data = PackedDataset.Pack(Enumerable.Range(0, 9).Select(i => new TokenizedSample(TinyModel.Tokens(9, i), null)), 8);
        var done = new List<int>();
        Assert.Throws<OperationCanceledException>(() => Perplexity.Measure(model, data, rows: 2, blocks =>
        {
            done.Add(blocks);
            if (blocks == 4) stop.Cancel();
        }, stop.Token));
        Assert.Equal([2, 4], done);
    }
}
