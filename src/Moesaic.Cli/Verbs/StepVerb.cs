using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>
/// A recipe of one step as a command: moesaic split models/demo -o out/demo-moe --experts 8. The options are those of the
/// recipe, with the same checks.
/// </summary>
sealed class StepVerb : Verb
{
    readonly StepKind kind;
    readonly StepFlags flags;
    readonly Argument<string> model = new("model") { Description = "Model folder; never changed" };
    readonly Option<string?> output = new("--output", "-o")
    {
        Description = "Folder for the result; a verb that only measures needs none", HelpName = "folder",
    };
    readonly Option<string> seed = new("--seed")
    {
        Description = "The only source of randomness", HelpName = "n", DefaultValueFactory = _ => "1",
    };
    readonly Option<string[]> settings = new("--set")
    {
        Description = "Any option of the recipe by its path: key.key=value",
        HelpName = "path=value",
        Arity = ArgumentArity.OneOrMore,
    };
    readonly Option<bool> dryRun = RecipeExecution.DryRun();
    readonly Option<bool> restart = RecipeExecution.Restart();

    /// <param name="kind">The step.</param>
    /// <param name="examples">Command lines for the help, without the name of the tool.</param>
    public StepVerb(StepKind kind, params IReadOnlyList<string> examples) : base(kind.Verb, kind.Summary)
    {
        this.kind = kind;
        Examples = examples;
        Add(model);
        foreach (var option in new Option[] { output, seed, settings, dryRun, restart }) Add(option);
        flags = new StepFlags(kind.OptionsType);
        flags.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; }

    public override void Run(ParseResult parsed, Session session)
    {
        var root = flags.Values(parsed, Name);
        foreach (var setting in parsed.GetValue(settings) ?? []) RecipeOverrides.Apply(root, setting);
        var options = new OptionsBinder().Bind(root, kind.OptionsType);
        var measures = parsed.GetValue(output) is null && !kind.Create(options).WritesModel;
        if (parsed.GetValue(output) is null && !measures)
            throw new Formats.BadRequestException($"{Name} writes a model: name its folder with --output.");

        var scratch = measures ? Directory.CreateTempSubdirectory("moesaic-") : null;
        try
        {
            RecipeExecution.Execute(new Recipe
            {
                Moesaic = 1,
                Model = parsed.GetRequiredValue(model),
                Output = parsed.GetValue(output) ?? Path.Combine(scratch!.FullName, Name),
                Seed = ScalarText.Parse<ulong>("--seed", parsed.GetRequiredValue(seed)),
                Steps = [new RecipeItem(kind, options)],
            }, parsed.GetValue(dryRun), parsed.GetValue(restart), session);
        }
        finally
        {
            scratch?.Delete(recursive: true);
        }
    }
}
