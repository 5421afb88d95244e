using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Training;

public sealed class DomainMixTests : IDisposable
{
    readonly StageRecipe recipe = new();

    public void Dispose() => recipe.Dispose();

    TrainStepOptions Dynamic => recipe.Training with
    {
        DynamicWeights = new() { Every = 4, Reference = new Dictionary<string, double> { ["dogs"] = 9, ["sums"] = 0.5 } },
    };

    static double Cell(ReportTable table, int row, string column) =>
        double.Parse(table.Rows[row][table.Columns.ToList().IndexOf(column)], CultureInfo.InvariantCulture);

    static ReportTable Table(StepReport report, string title) => report.Tables.Single(t => t.Title.StartsWith(title, StringComparison.Ordinal));

    [Fact]
    public void Weights_are_shares_of_the_tokens_and_every_domain_is_measured()
    {
        var report = recipe.Run("out", new TrainStep(recipe.Training));
        var domains = Table(report, "Domains");
        Assert.Equal(["dogs", "sums"], domains.Rows.Select(r => r[0]));
        Assert.InRange(Cell(domains, 0, "share of the tokens"), 0.72, 0.78);
        for (var d = 0; d < 2; d++) Assert.True(Cell(domains, d, "after (nats)") < Cell(domains, d, "held-out loss before (nats)"));
        Assert.Equal(["0", "6", "12"], Table(report, "Held-out loss of the domains").Rows.Select(r => r[0]));
    }

    [Fact]
    public void Without_weights_entries_are_joined_as_one_text()
    {
        var joined = recipe.Training with { Data = [recipe.Dogs with { Weight = null }, recipe.Sums with { Weight = null }] };
        recipe.Run("joined", new TrainStep(joined));
        recipe.Run("plain", new TrainStep(joined with { Data = [new() { Path = recipe["dogs.txt"] }, new() { Path = recipe["sums.txt"] }] }));
        Assert.Equal(File.ReadAllBytes(recipe["joined/model.safetensors"]), File.ReadAllBytes(recipe["plain/model.safetensors"]));
        recipe.Run("mixed", new TrainStep(recipe.Training));
        Assert.NotEqual(File.ReadAllBytes(recipe["joined/model.safetensors"]), File.ReadAllBytes(recipe["mixed/model.safetensors"]));
    }

    [Fact]
    public void Dynamic_weights_turn_to_the_domain_that_lags_behind()
    {
        var report = recipe.Run("out", new TrainStep(Dynamic));
        var course = Table(report, "Weights");
        Assert.Equal(["0", "4", "8"], course.Rows.Select(r => r[0]));
        Assert.Equal(0.25, Cell(course, 0, "sums"), 1e-4);
        Assert.True(Cell(course, 1, "sums") > 0.8 && Cell(course, 2, "sums") > Cell(course, 1, "sums"));
        Assert.True(Cell(Table(report, "Domains"), 1, "share of the tokens") > 0.5);

        // Weights follow from the measured losses to the letter.
        var losses = Table(report, "Held-out loss of the domains");
        var row = losses.Rows.Select(r => r[0]).ToList().IndexOf("4");
        double[] expected = [0.75, 0.25 * Math.Exp(Cell(losses, row, "sums") - 0.5)];
        Assert.Equal(expected[1] / expected.Sum(), Cell(course, 1, "sums"), 1e-3);
    }

    [Fact]
    public void A_reference_model_sets_the_losses_to_reach()
    {
        var report = recipe.Run("out", new TrainStep(recipe.Training with { DynamicWeights = new() { Every = 4, ReferenceModel = recipe.Model } }));
        var domains = Table(report, "Domains");
        for (var d = 0; d < 2; d++) Assert.Equal(Cell(domains, d, "held-out loss before (nats)"), Cell(domains, d, "reference (nats)"), 1e-4);
        // The model only gets better than it was, so that the weights stay.
        Assert.Equal(0.75, Cell(domains, 0, "at last"), 1e-4);
    }

    [Fact]
    public void A_stopped_run_goes_on_with_the_weights_it_had() =>
        recipe.AssertGoesOnToTheSameBytes(() => new TrainStep(Dynamic), "train", 2, 4, 9);

    [Fact]
    public void A_stopped_measurement_is_made_again() =>
        recipe.AssertGoesOnToTheSameBytes(() => new TrainStep(Dynamic), "measure the domains", 1, 5);

    [Fact]
    public void What_contradicts_itself_is_refused()
    {
        Assert.Contains("a weight, or none", Refused(recipe.Training with { Data = [recipe.Dogs, recipe.Sums with { Weight = null }] }), StringComparison.Ordinal);
        Assert.Contains("called dogs", Refused(recipe.Training with { Data = [recipe.Dogs, recipe.Dogs] }), StringComparison.Ordinal);
        Assert.Contains("limits nothing", Refused(recipe.Training with { Data = [recipe.Dogs with { HeldOut = null, HeldOutTokens = 5 }] }), StringComparison.Ordinal);
        Assert.Contains("two domains or more", Refused(Dynamic with { Data = [recipe.Dogs, recipe.Sums with { HeldOut = null }] }), StringComparison.Ordinal);
        Assert.Contains("dogs, sums", Refused(Dynamic with { DynamicWeights = new() { Every = 1, Reference = new Dictionary<string, double> { ["cats"] = 1 } } }), StringComparison.Ordinal);
        var text = recipe.Training with { Data = [recipe.Dogs] };
        Assert.Contains("too large", Refused(text with { Batch = 1 << 20, Context = 1 << 12 }), StringComparison.Ordinal);
        Assert.Contains("too many steps", Refused(text with { Tokens = long.MaxValue, Batch = 1 }), StringComparison.Ordinal);
        Assert.Single(new DynamicWeightsOptions { Every = 1 }.Validate(new ValidationContext(this)));

        static string Refused(TrainStepOptions options) => Assert.Single(options.Validate(new ValidationContext(options))).ErrorMessage!;
    }

    [Fact]
    public void Pieces_without_anything_to_predict_are_counted()
    {
        // Cut, a long question is blocks in which the assistant says nothing.
        File.WriteAllText(Path.Combine(recipe.Model, "chat_template.jinja"), "{% for m in messages %}{{ m.content }}\n{% endfor %}");
        File.WriteAllText(recipe["chat.jsonl"], $$"""
            {"messages": [{"role": "user", "content": "{{string.Concat(Enumerable.Repeat("9 8 7 6 ", 20))}}"}, {"role": "assistant", "content": "Dog 1 runs."}]}
            """);
        var report = recipe.Run("out", new TrainStep(recipe.Training with { Data = [new() { Path = recipe["chat.jsonl"] }] }));
        Assert.Contains(report.Notes, n => n.Contains("(1 documents cut, ", StringComparison.Ordinal)
            && n.Contains(" pieces left out that hold nothing to learn)", StringComparison.Ordinal));
    }

    [Fact]
    public void Long_documents_are_dropped_as_asked_and_that_is_said()
    {
        File.AppendAllText(recipe["dogs.txt"], string.Concat(Enumerable.Repeat("A dog that never stops running. ", 50)));
        var report = recipe.Run("out", new TrainStep(recipe.Training with { LongSamples = Text.Datasets.LongSamples.Drop }));
        Assert.Contains(report.Notes, n => n.StartsWith("dogs: ", StringComparison.Ordinal) && n.Contains("(0 documents cut, 1 too long and left out)", StringComparison.Ordinal));
        using var loaded = ModelFolder.Load(recipe["out"]);
        Assert.Throws<BadModelException>(() => recipe.Run("none", new TrainStep(recipe.Training with { Context = 4, LongSamples = Text.Datasets.LongSamples.Drop })));
    }
}
