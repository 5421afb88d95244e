using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Models.Loading;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Tests.Evaluation;

public sealed class SignatureTaskTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    static readonly SignatureItem[] Items =
    [
        new("N", "M:A.Get", "A.Get(int index, int count)\n", ["index", "count"], "Gets"),
        new("N", "M:A.Send", "A.Send(byte[] data)\n", ["data"], "Sends"),
        new("N", "M:A.Find", "A.Find(string name)\n", ["name"], "Finds"),
    ];

    [Fact]
    public void Parameters_and_verbs_count_the_same_each()
    {
        string[] gold = ["Gets it.\nindex: The place.\ncount: The number.", "Asynchronously sends data.\ndata: Bytes.", "Finds it.\nname: The name."];
        Assert.Equal(new SignatureScores(1, 1), SignatureScores.Of(Items, gold));
        string[] some = ["Gets it.\ncount: The number.\nlength: No.", "The data.\nSends it.\ndata: Bytes.", ""];
        Assert.Equal(new SignatureScores(2 / 4.0, 1 / 3.0), SignatureScores.Of(Items, some));
        Assert.Equal(default, SignatureScores.Of(Items, ["", "", ""]));
    }

    [Fact]
    public void Chance_takes_what_is_most_frequent_elsewhere()
    {
        SignatureItem Seen(string verb, params string[] parameters) => new("M", "M:B", "B()\n", parameters, verb);
        SignatureItem[] known = [Seen("Sends", "name", "value"), Seen("Sends", "name"), Seen("Gets", "count", "name"), Seen("Adds", "value")];
        // name, value, count: of two parameters name and value are guessed, of one name.
        Assert.Equal(new SignatureScores(1 / 4.0, 1 / 3.0), SignatureScores.Chance(Items, known));
        Assert.Equal(default, SignatureScores.Chance(Items, []));
    }

    /// <summary>Together as one by one; the items do not depend on anything drawn.</summary>
    [Fact]
    public void Documentation_is_what_greedy_generation_continues_a_signature_with()
    {
        using var loaded = ModelFolder.Load(folder.Model);
        var tokenizer = ModelTokenizer.Load(folder.Model, loaded.Model.Spec);
        var ends = EndOfText.Ids(folder.Model, loaded.Model.Spec, tokenizer);
        var task = new SignatureTask(loaded.Model, tokenizer, ends);
        var many = Enumerable.Range(0, 40).Select(i => Items[0] with { Prompt = $"A.Get{i}(int a)\n" }).ToArray();
        var written = task.Write(many, 5);
        using var generator = new Generator(loaded.Model, tokenizer, ends);
        foreach (var (item, text) in many.Zip(written))
            Assert.Equal(generator.Generate(item.Prompt, new GenerationOptions { MaxTokens = 5 }).Text, text);

        Assert.Equal([0, 8, 16, 24, 32], task.Choose(many, 5, 5).Select(i => Array.IndexOf(many, i)));
        Assert.Equal(40, task.Choose(many, 100, 5).Count);
        Assert.DoesNotContain(Items[0], task.Choose([many[0], Items[0] with { Prompt = new string('x', 500) + "\n" }], 5, 5));
        Assert.Contains("signature_tokens", Assert.Throws<BadRequestException>(() => task.Choose(many, 5, 64)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_step_reports_it_beside_chance()
    {
        try
        {
            DotnetDocsCorpus.Locate();
        }
        catch (BadModelException e)
        {
            Assert.Skip(e.Message);
        }
        var options = new EvaluateStepOptions { Data = new DataOptions { Path = folder.Text }, SpeedRepeats = 0, SignatureItems = 6, SignatureTokens = 4 };
        var report = new EvaluateStep(options).Run(folder.StepContext(folder.Model));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.Equal(6, figures["signature_items"]);
        Assert.Equal(0, figures["signature_parameters"]);      // it learned nothing
        Assert.InRange(figures["signature_verb_chance"], 0, 1);
        Assert.InRange(figures["signature_parameters_chance"], 0, 1);
        Assert.Contains(report.Notes, n => n.StartsWith("signatures: 6 of", StringComparison.Ordinal));
    }
}
