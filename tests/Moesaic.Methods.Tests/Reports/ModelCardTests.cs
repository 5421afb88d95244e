using System.Text.Json.Nodes;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;

namespace Moesaic.Methods.Tests.Reports;

public sealed class ModelCardTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static StepReportDocument Document(int step, string verb, params Figure[] figures) => new()
    {
        Step = step, Verb = verb, Summary = $"Did {verb}.", Figures = figures, Tables = [], Notes = ["a note"], Warnings = ["a warning"],
        Options = [], Inputs = new SortedDictionary<string, string> { ["model"] = "0123456789abcdef0123" }, Seed = 3, Seconds = 1.25,
        Environment = new RunEnvironment
        {
            Tool = "1.2.3", Runtime = ".NET 10", System = "Linux", Processor = "CPU", Cores = 4, Threads = 2, PeakMemoryBytes = 5_000_000_000,
        },
    };

    string Card(string config, string? sourceCard, string modelType = "mixtral")
    {
        Directory.CreateDirectory(folder["source"]);
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllText(folder["source/config.json"], config);
        File.WriteAllText(folder["model/config.json"], new JsonObject { ["model_type"] = modelType }.ToJsonString());
        if (sourceCard is not null) File.WriteAllText(folder["source/README.md"], sourceCard);
        var run = new RecipeRun
        {
            Model = folder["source"], Output = folder["result"], Seed = 3, RecipeText = "moesaic: 1\n", Steps = [],
        };
        return ModelCard.Write(run, folder["model"],
            [
                Document(1, "evaluate", new Figure("perplexity", 12.5)), Document(2, "split", new Figure("parameters", 3400000)),
                Document(3, "evaluate", new Figure("perplexity", 13.25), new Figure("speed", 100.5, "tokens/s")),
            ]);
    }

    [Fact]
    public void A_card_tells_the_whole_story() => Assert.Equal("""
        ---
        base_model: owner/name-1.0
        base_model_relation: finetune
        library_name: transformers
        pipeline_tag: text-generation
        license: other
        license_name: my-licence
        language:
          - en
        - de
        tags:
          - moe
          - mixture-of-experts
          - moesaic
          - evaluate
          - split
        ---

        # result

        Made from owner/name-1.0 by moesaic, seed 3:

        1. **evaluate**: Did evaluate.
        2. **split**: Did split.
        3. **evaluate**: Did evaluate.

        ## Figures by step

        | figure | 1 evaluate | 2 split | 3 evaluate |
        | --- | ---: | ---: | ---: |
        | perplexity | 12.500 |  | 13.250 |
        | parameters |  | 3,400,000 |  |
        | speed (tokens/s) |  |  | 100.50 |

        Measured on CPU, 2 threads, moesaic 1.2.3, .NET 10.

        ## Recipe

        ```yaml
        moesaic: 1
        ```

        ## How to run

        ```sh
        moesaic generate result "Once upon a time"
        ```

        ```python
        from transformers import AutoModelForCausalLM, AutoTokenizer
        model = AutoModelForCausalLM.from_pretrained("result")
        tokenizer = AutoTokenizer.from_pretrained("result")
        ```

        ## Limits

        - It inherits what its source knows, gets wrong and is biased to; measure it on your own task before you rely on it.
        - evaluate: a warning
        - evaluate: a note
        - split: a warning
        - split: a note
        - evaluate: a warning
        - evaluate: a note

        """.ReplaceLineEndings("\n"), Card(
            """{"_name_or_path":"owner/name-1.0"}""",
            "---\nlicense: other\nlicense_name: my-licence\nlanguage:\n  - en\n- de\ntags: [x]\n---\nlicense: not me\n"));

    [Fact]
    public void Without_a_licence_the_reader_is_told()
    {
        var card = Card("""{"_name_or_path":"./local/path"}""", null, "moesaic");
        Assert.StartsWith("---\nbase_model: source\n", card, StringComparison.Ordinal);
        Assert.Contains("library_name: moesaic\n", card, StringComparison.Ordinal);
        Assert.Contains("The source states no licence", card, StringComparison.Ordinal);
        Assert.DoesNotContain("AutoModel", card, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_for_people() => Assert.Equal("""
        # 2. split

        Did split.

        | figure | value | unit |
        | --- | ---: | --- |
        | speed | 2 | tokens/s |

        ## Warnings

        - a warning

        ## Notes

        - a note

        ## Made with

        - input model: `0123456789abcdef`
        - seed: 3
        - time: 1.3 s
        - peak memory: 5.00 GB
        - machine: CPU, 2 of 4 threads, Linux
        - software: moesaic 1.2.3, .NET 10


        """.ReplaceLineEndings("\n"), ReportMarkdown.Of(Document(2, "split", new Figure("speed", 2, "tokens/s"))));
}
