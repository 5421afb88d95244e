using Moesaic.Cli.Verbs;
using Moesaic.Formats;
using Moesaic.Methods.Alignment;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Materialise;
using Moesaic.Methods.Compression.Narrow;
using Moesaic.Methods.Compression.Policies;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Evaluation.Routes;
using Moesaic.Methods.Extraction;
using Moesaic.Methods.Preferences;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;

namespace Moesaic.Cli;

/// <summary>The one place where the tool is put together: which steps a recipe may name and which commands there are.</summary>
static class Composition
{
    /// <summary>Steps of recipes, in the order of the documentation.</summary>
    public static IReadOnlyList<StepKind> Steps { get; } =
    [
        StepKind.Of<CreateStepOptions>("create", "Make a model with random weights and a tokenizer of its own", o => new CreateStep(o)),
        StepKind.Of<SplitStepOptions>("split", "Divide dense feed-forward layers into experts", o => new SplitStep(o)),
        StepKind.Of<AlignStepOptions>("align", "Give layers the mean and variance of their dense parent's", o => new AlignStep(o)),
        StepKind.Of<CalibrateStepOptions>("calibrate", "Gather statistics of routers, experts and layers on text", o => new CalibrateStep(o)),
        StepKind.Of<PruneStepOptions>("prune", "Take experts out of mixtures: the least useful go", o => new PruneStep(o)),
        StepKind.Of<EvolveStepOptions>("evolve", "Choose and merge experts by evolution on the loss of the whole model", o => new EvolveStep(o)),
        StepKind.Of<NarrowStepOptions>("narrow", "Keep the most important neurons: a smaller dense model", o => new NarrowStep(o)),
        StepKind.Of<ExtractStepOptions>("extract", "Take what one task uses out of a model that routes by task", o => new ExtractStep(o)),
        StepKind.Of<PolicyStepOptions>("policy", "Let a model compute fewer experts for some tokens: routing policies of evaluation", o => new PolicyStep(o)),
        StepKind.Of<MaterialiseStepOptions>("materialise", "Write a model that only this program reads in a standard layout", o => new MaterialiseStep(o)),
        StepKind.Of<TrainStepOptions>("train", "Train a model: continued pre-training or fine-tuning", o => new TrainStep(o)),
        StepKind.Of<DpoStepOptions>("dpo", "Train a model on preference pairs: direct preference optimisation", o => new DpoStep(o)),
        StepKind.Of<EvaluateStepOptions>("evaluate", "Measure loss on text, size, routing and speed of a model", o => new EvaluateStep(o)),
        StepKind.Of<RoutesStepOptions>("routes", "Show which experts get which tokens, by layer, domain, token id and position", o => new RoutesStep(o)),
    ];

    /// <summary>Commands, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new DemoVerb(),
        new PullVerb(Environment.GetEnvironmentVariable, new HubOptions()),
        new DoctorVerb(),
        new InspectVerb(),
        new GenerateVerb(Console.IsInputRedirected ? Console.In : null),
        new ChatVerb(() => Console.In, isTerminal: !Console.IsInputRedirected),
        new ServeVerb(Environment.GetEnvironmentVariable),
        new BenchVerb(),
        new VowelsVerb(),
        new ConvertVerb(),
        new QuantizeVerb(),
        .. Steps.Select(kind => new StepVerb(kind, Examples(kind.Verb))),
        new RunVerb(Steps),
        new RecipesVerb(Steps),
    ];

    static IReadOnlyList<string> Examples(string verb) => verb switch
    {
        "create" => ["create recipes/demo -o out/new --data dotnet-docs"],
        "split" =>
        [
            "split models/demo -o out/split --experts 8 --chosen 2 --calibration dotnet-docs --held-out dotnet-docs",
            "split models/demo -o out/shared --experts 7 --chosen 1 --shared 1 --calibration dotnet-docs",
        ],
        "align" => ["align out/split -o out/aligned --parent models/demo --calibration dotnet-docs --held-out dotnet-docs"],
        "calibrate" =>
        [
            "calibrate out/demo-moe -o out/seen --calibration dotnet-docs",
            "calibrate out/demo-moe -o out/seen --calibration dotnet-docs --rows all --hidden-states disk",
        ],
        "prune" =>
        [
            "prune out/demo-moe -o out/pruned --ratio 0.25 --calibration dotnet-docs --held-out dotnet-docs",
            "prune out/demo-moe -o out/half --ratio 0.5 --statistics out/seen --method activation_norm",
            "prune out/demo-moe -o out/half --ratio 0.5 --plan out/pruned",
            "prune out/demo-moe -o out/searched --ratio 0.25 --method naee_progressive --calibration dotnet-docs",
        ],
        "evolve" => ["evolve out/demo-moe -o out/evolved --keep 8 --calibration dotnet-docs --held-out dotnet-docs"],
        "narrow" =>
        [
            "narrow models/demo -o out/narrow --width 192 --calibration dotnet-docs --held-out dotnet-docs",
            "narrow models/demo -o out/random --width 192 --method random",
        ],
        "extract" => ["extract out/tasks -o out/chat --task chat", "extract out/tasks -o out/chat --task chat --as experts"],
        "policy" =>
        [
            "policy out/demo-moe -o out/skipping --ratios 0.5", "policy out/demo-moe -o out/one --keep 1",
            "policy out/skipping -o out/plain --policy none",
        ],
        "materialise" => ["materialise out/pruned -o out/standard"],
        "train" => ["train models/demo -o out/trained --data dotnet-docs --held-out dotnet-docs --tokens 1000000"],
        "dpo" => ["dpo out/chat -o out/preferred --data pairs.jsonl --held-out-share 0.05"],
        "evaluate" => ["evaluate models/demo --data dotnet-docs --context 512", "evaluate out/demo-moe --data text.jsonl --data-tokens 100000 --stride 128"],
        "routes" =>
        [
            "routes out/demo-moe --data dotnet-docs --tokens 100000 --text \"Returns the number of elements.\" --html routes.html",
            "routes out/trained -o out/routes --data code.txt,prose.jsonl --against out/half,out/quarter",
        ],
        _ => [],
    };
}
