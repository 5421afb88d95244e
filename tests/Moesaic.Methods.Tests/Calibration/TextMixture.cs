using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Calibration;

/// <summary>A mixture with a tokenizer on disk, beside a text, for whole steps.</summary>
sealed class TextMixture : IDisposable
{
    const string Text = "the cat sat on the mat<|endoftext|>a dog ran to the tree and back<|endoftext|>birds sing in the morning when the sun is up<|endoftext|>" +
        "rain falls on the old roof and runs down the wall into the garden where nobody sits";

    public TextMixture(RouterSpec? router = null, int layers = 2)
    {
        File.WriteAllText(Folder["text.txt"], Text);
        var tokenizer = ByteLevelBpeTrainer.Train([Text], new ByteLevelBpeOptions { VocabularySize = 280, SpecialTokens = ["<s>"], Bos = "<s>", Eos = "<s>" });
        using var small = TinyMixture.Make(router ?? TinyMixture.Routers["mixtral"], layers);
        using var model = new Model(small.Spec with { VocabularySize = tokenizer.VocabularySize });
        ModelInitialiser.Randomise(model, 4, 0.3);
        ModelFolder.Save(model, Folder["model"], new SaveOptions { Type = TensorType.F32 });
        tokenizer.Save(Folder["model"]);
    }

    public TemporaryFolder Folder { get; } = new();

    public DataOptions Data => new() { Path = Folder["text.txt"] };

    /// <summary>What a step is given; the folders are made.</summary>
    public StepContext Context(string name, string input = "model")
    {
        Directory.CreateDirectory(Folder[name + ".work"]);
        return new StepContext
        {
            InputFolder = Folder[input], OutputFolder = Folder[name], WorkFolder = Folder[name + ".work"], Seed = 3, Progress = SilentProgress.Instance,
        };
    }

    public void Dispose() => Folder.Dispose();
}
