using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Evaluation;

/// <summary>A folder with text.txt and, in model, a small random mixture of experts with a tokenizer learned from it.</summary>
public sealed class TinyFolder : IDisposable
{
    public const int Context = 64, Experts = 4;

    public TinyFolder()
    {
        Directory.CreateDirectory(this["source"]);
        File.WriteAllText(this["source/config.json"], $$"""
            {"model_type": "mixtral", "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
             "num_key_value_heads": 2, "vocab_size": 300, "max_position_embeddings": {{Context}}, "rms_norm_eps": 1e-5,
             "num_local_experts": {{Experts}}, "num_experts_per_tok": 2}
            """);
        File.WriteAllLines(this["text.txt"], Enumerable.Range(0, 40).Select(i => $"In story {i} a cat met {i * i} dogs, and they played.<|endoftext|>"));
        Directory.CreateDirectory(this["work"]);
        new CreateStep(new CreateStepOptions { Data = [new DataOptions { Path = this["text.txt"] }], Deviation = 0.2 }).Run(StepContext(this["source"]));
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("moesaic-test-").FullName;

    public string Model => this["model"];

    public string Text => this["text.txt"];

    public string this[string relative] => System.IO.Path.Combine(Path, relative);

    public StepContext StepContext(string input) => new()
    {
        InputFolder = input, OutputFolder = Model, WorkFolder = this["work"], Seed = 1, Progress = SilentProgress.Instance,
    };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
