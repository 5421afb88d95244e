using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Competition;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic vowels: the experiment with which mixtures of experts began.</summary>
sealed class VowelsVerb : Verb
{
    static readonly VowelOptions Defaults = new();

    readonly Option<string> classes = Number("--classes", "Vowels to tell apart, 2 to 10", Defaults.Classes);
    readonly Option<string> speakers = Number("--speakers", "Speakers to learn from", Defaults.Speakers);
    readonly Option<string> runs = Number("--runs", "Starts of every system", Defaults.Runs);
    readonly Option<string> epochs = Number("--epochs", "Most epochs of a run", Defaults.MostEpochs);
    readonly Option<string> criterion = Number("--criterion", "Squared error at which a run has learned", Defaults.Criterion);
    readonly Option<string> seed = Number("--seed", "The only source of randomness", Defaults.Seed);

    public VowelsVerb() : base("vowels", "See competing experts learn sooner than one net (Jacobs et al. 1991)")
    {
        foreach (var option in new[] { classes, speakers, runs, epochs, criterion, seed }) Add(option);
    }

    public override IReadOnlyList<string> Examples => ["vowels", "vowels --classes 10 --criterion 0.5 --runs 5"];

    public override void Run(ParseResult parsed, Session session)
    {
        session.View.Report(Name, VowelExperiment.Run(new VowelOptions
        {
            Classes = Read<int>(classes), Speakers = Read<int>(speakers), Runs = Read<int>(runs), MostEpochs = Read<int>(epochs),
            Criterion = Read<double>(criterion), Seed = Read<ulong>(seed),
        }, session.View, session.Cancellation));

        T Read<T>(Option<string> option) where T : struct => ScalarText.Parse<T>(option.Name, parsed.GetRequiredValue(option));
    }

    static Option<string> Number(string name, string description, IFormattable initial) => new(name)
    {
        Description = description, HelpName = "n",
        DefaultValueFactory = _ => initial.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
    };
}
