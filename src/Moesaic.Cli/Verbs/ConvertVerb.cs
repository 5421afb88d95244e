using System.CommandLine;
using Moesaic.Formats;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic convert: between Hugging Face folders and GGUF files, and folders between layouts.</summary>
sealed class ConvertVerb : Verb
{
    readonly ConversionFlags flags;

    public ConvertVerb() : base("convert", "Write a model folder as a GGUF file or in another layout, or a GGUF file as a model folder") =>
        flags = new ConversionFlags(this, "A path that ends with .gguf, or a folder",
            "f32, f16, bf16, and for a .gguf file any of quantize [default: as the weights are stored]", toGgufAlone: false);

    public override IReadOnlyList<string> Examples =>
        ["convert models/demo demo.gguf --encoding f16", "convert demo.gguf out/demo", "convert models/demo demo.gguf --dry-run",
            "convert out/llama-moe-v2 out/mixtral --layout mixtral",
            "convert demo-moe.gguf smaller.gguf --plan out/prune/prune_plan.json"];

    public override void Run(ParseResult parsed, Session session)
    {
        var options = flags.Read(parsed);
        if (!Path.Exists(options.Input)) throw new BadModelException($"{options.Input} does not exist.");
        var fromGguf = GgufFile.Is(options.Input);
        if (options.ToGguf && fromGguf && options.Plan is null)
            throw new BadRequestException($"{options.Input} is a GGUF file already; moesaic quantize writes it in another encoding, and --plan a part of it.");
        if (!options.ToGguf && !fromGguf && options.Layout is null)
            throw new BadRequestException($"{options.Input} is no GGUF file and {options.Output} does not end with .gguf: "
                + "one of them must be a GGUF file, or --layout must say how to write the folder anew.");
        if (fromGguf && options.Layout is not null)
            throw new BadRequestException("--layout changes the layout of a folder: convert the GGUF file to a folder first.");
        flags.Execute(Name, options, parsed, session);
    }
}
