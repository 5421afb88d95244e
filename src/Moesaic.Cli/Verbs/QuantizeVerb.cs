using System.CommandLine;
using Moesaic.Formats;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic quantize: a model in fewer bits, as a GGUF file.</summary>
sealed class QuantizeVerb : Verb
{
    readonly ConversionFlags flags;

    public QuantizeVerb() : base("quantize", "Write a model in fewer bits, as a GGUF file") =>
        flags = new ConversionFlags(this, "A path that ends with .gguf",
            "q8_0, q4_0, q4_1, q5_0, q5_1, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, mxfp4, f16, bf16, f32", toGgufAlone: true);

    public override IReadOnlyList<string> Examples =>
        ["quantize models/demo demo-q4.gguf --encoding q4_k --embeddings q8_0", "quantize demo.gguf demo-q8.gguf --encoding q8_0"];

    public override void Run(ParseResult parsed, Session session)
    {
        var options = flags.Read(parsed);
        if (!options.ToGguf) throw new BadRequestException($"quantize writes GGUF files: give {options.Output} a name that ends with .gguf.");
        flags.Execute(Name, options, parsed, session);
    }
}
