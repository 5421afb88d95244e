using System.CommandLine;
using Moesaic.Methods.Inspection;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic inspect folder: what a checkpoint holds.</summary>
sealed class InspectVerb : Verb
{
    readonly Argument<string> model = new("model") { Description = "Model folder or .gguf file" };
    readonly Option<bool> check = new("--check") { Description = "Read all weights and check that they are complete and finite" };

    public InspectVerb() : base("inspect", "Show architecture, parameters, experts and tokenizer of a model")
    {
        Add(model);
        Add(check);
    }

    public override IReadOnlyList<string> Examples => ["inspect models/demo", "inspect out/demo-moe --check"];

    public override void Run(ParseResult parsed, Session session) => session.View.Report(
        Name, ModelInspection.Inspect(parsed.GetRequiredValue(model), parsed.GetValue(check), session.View));
}
