using Moesaic.Kernels;
using Moesaic.LlamaCpp;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text;

namespace Moesaic.Bench;

/// <summary>Logits of a GGUF file here and in llama.cpp, on the beginning of a text.</summary>
static class LogitsVerb
{
    public const string Usage = "  logits FILE.gguf TEXT.txt   how far logits are from llama.cpp's, in blocks of 256 tokens (MOESAIC_LLAMA names its libraries)";

    const int Block = 256, Blocks = 8;

    public static int Run(string[] args)
    {
        if (args is not [var file, var text] || !LlamaLibrary.IsThere)
        {
            Console.Error.WriteLine(args.Length != 2 ? Usage : LlamaLibrary.HowToInstall);
            return 2;
        }
        using var stored = ModelFolder.Load(file, WeightStorage.Stored);
        using var widened = ModelFolder.Load(file);
        using var peer = new LlamaModel(file, Block, WorkerTeam.Threads, exact: true);
        var vocabulary = stored.Model.Spec.VocabularySize;
        var length = Math.Min(Block, stored.Model.Spec.MaxPositions);
        var tokens = TokenizerLoader.Load(file).Encode(File.ReadAllText(text));
        tokens = tokens[..Math.Min(tokens.Length, Blocks * length)];
        float[] theirs = [], asStored = [], asFloats = [];
        foreach (var block in tokens.Chunk(length))
        {
            theirs = [.. theirs, .. peer.Logits(block, vocabulary)];
            asStored = [.. asStored, .. Logits(stored.Model, block)];
            asFloats = [.. asFloats, .. Logits(widened.Model, block)];
        }
        Console.WriteLine($"{file}: {tokens.Length} tokens; llama.cpp with keys and values in F32");
        Row("weights as stored", asStored);
        Row("weights in float32", asFloats);
        return 0;

        void Row(string what, float[] ours)
        {
            var agreement = LogitAgreement.Of(ours, theirs, vocabulary);
            Console.WriteLine(FormattableString.Invariant(
                $"{what,-20} relative error {agreement.RelativeError:E1}, largest {agreement.LargestError:E1}; ")
                + $"other choice at {agreement.OtherChoices} of {agreement.ClearPositions} clear positions");
        }
    }

    static float[] Logits(Model model, int[] tokens)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(tokens))).Span.ToArray();
    }
}
