using System.Text.Json;
using Moesaic.Methods.Evaluation;
using Moesaic.Text.Datasets;

namespace Moesaic.Server.Tests;

/// <summary>What lm-evaluation-harness' local-completions asks, and what it reads from the answer, is what our own evaluator measures.</summary>
public class EvaluatorReplayTests
{
    static readonly (string Context, string Continuation)[] Items =
    [
        ("Returns the number of", " elements in the list."), ("Gets or sets the", " name of the file."), ("Adds an item to", " the moon is made of cheese"),
        ("Represents a collection of keys and values. The", " dictionary throws an exception when the key is not found."),
    ];

    [Fact]
    public async Task Log_likelihoods_are_those_of_the_evaluator()
    {
        await using var server = await RunningServer.DemoAsync();
        var asked = new List<(int[] Ids, int Context)>();
        foreach (var (context, continuation) in Items)
        {
            // As the harness encodes: the continuation's tokens are what follows those of the context.
            var (whole, first) = (await TokensAsync(server, context + continuation), await TokensAsync(server, context));
            asked.Add((whole, first.Length));
        }
        var prompts = string.Join(',', asked.Select(a => $"[{string.Join(',', a.Ids)}]"));
        var answer = await server.AskAsync("/v1/completions",
            $$"""{"model": "demo", "prompt": [{{prompts}}], "temperature": 0, "max_tokens": 1, "logprobs": 1, "seed": 1234, "echo": true}""");

        var choices = answer.GetProperty("choices").EnumerateArray().OrderBy(c => c.GetProperty("index").GetInt32()).ToList();
        for (var i = 0; i < asked.Count; i++)
        {
            var (likelihood, isGreedy) = Parse(choices[i].GetProperty("logprobs"), asked[i].Context);
            var (ids, context) = asked[i];
            var sample = new TokenizedSample(ids, [.. ids.Select((_, at) => at >= context)]);
            var measured = Perplexity.Measure(server.Model.Model, PackedDataset.Pack(Perplexity.Windows([sample], 256, 256), 256));
            Assert.Equal(ids.Length - context, measured.Tokens);
            Assert.Equal(-measured.Loss * measured.Tokens, likelihood, 1e-4);

            // Greedy is what the model writes by itself.
            var written = await server.AskAsync("/v1/completions",
                $$"""{"prompt": [{{string.Join(',', ids[..context])}}], "temperature": 0, "max_tokens": {{ids.Length - context}}, "moesaic": {"routing": true} }""");
            var own = written.GetProperty("choices")[0].GetProperty("moesaic").GetProperty("tokens").EnumerateArray().Select(t => t.GetProperty("id").GetInt32());
            Assert.Equal(own.SequenceEqual(ids[context..]), isGreedy);
        }
    }

    /// <summary>The harness' own reading of an answer.</summary>
    static (double Likelihood, bool IsGreedy) Parse(JsonElement logprobs, int context)
    {
        var tokens = logprobs.GetProperty("token_logprobs").EnumerateArray().ToList()[context..^1];
        var top = logprobs.GetProperty("top_logprobs").EnumerateArray().ToList()[context..^1];
        return (tokens.Sum(t => t.GetDouble()), tokens.Zip(top).All(pair => pair.First.GetSingle() == pair.Second.EnumerateObject().Max(o => o.Value.GetSingle())));
    }

    static async Task<int[]> TokensAsync(RunningServer server, string text)
    {
        var answer = await server.AskAsync("/tokenize", $$"""{"prompt": {{JsonSerializer.Serialize(text)}}, "add_special_tokens": false}""");
        return [.. answer.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32())];
    }
}
