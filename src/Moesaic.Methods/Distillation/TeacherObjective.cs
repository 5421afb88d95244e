using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Distillation;

/// <summary>
/// Next-token prediction with a teacher beside the text: (1 − w) · cross-entropy + w · T² · divergence, over the same tokens. The
/// teacher's passes are not recorded, and neither model's logits exist as a whole.
/// </summary>
public sealed class TeacherObjective : ITrainingObjective, IDisposable
{
    readonly Model teacher;
    readonly DistilOptions options;
    readonly Workspace teaching = new();
    readonly NextToken text = new();
    float[] weights = [];

    /// <summary>Prepares an objective.</summary>
    /// <param name="teacher">Not changed; disposed with this.</param>
    /// <param name="options">How; its path is not read.</param>
    public TeacherObjective(Model teacher, DistilOptions options) => (this.teacher, this.options) = (teacher, options);

    /// <summary>Refuses a teacher that does not fit; needs no weights.</summary>
    /// <param name="student">Shape of the model being trained.</param>
    /// <param name="teacher">Shape of the teacher.</param>
    /// <param name="context">Longest text in a pass, tokens.</param>
    /// <param name="path">The teacher's, for messages.</param>
    /// <exception cref="BadRequestException">Another vocabulary, or a context too short.</exception>
    public static void Check(ModelSpec student, ModelSpec teacher, int context, string path)
    {
        if (teacher.VocabularySize != student.VocabularySize)
            throw new BadRequestException($"The teacher {path} predicts {teacher.VocabularySize} tokens, this model {student.VocabularySize}: " +
                "their predictions do not compare. Take a teacher with the same tokenizer.");
        if (teacher.MaxPositions < context)
            throw new BadRequestException($"A context of {context} tokens is longer than the {teacher.MaxPositions} of the teacher {path}.");
    }

    /// <summary>Reads the teacher.</summary>
    /// <param name="options">Names it.</param>
    /// <param name="student">Shape of the model being trained.</param>
    /// <param name="tokenizer">The student's.</param>
    /// <param name="context">Longest text in a pass, tokens.</param>
    /// <exception cref="BadRequestException">It does not fit the student.</exception>
    public static TeacherObjective Load(DistilOptions options, ModelSpec student, ITokenizer tokenizer, int context)
    {
        var loaded = ModelFolder.Load(options.Teacher, WeightStorage.Stored);
        try
        {
            Check(student, loaded.Model.Spec, context, options.Teacher);
            ModelTokenizer.RequireSame(tokenizer, options.Teacher);
            return new TeacherObjective(loaded.Model, options);
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Count(Batch batch) => batch.TargetCount;

    /// <inheritdoc/>
    public LossSums Run(Workspace workspace, Model model, Tensor hidden, BatchRows rows, float weight)
    {
        teaching.Begin(recording: false);
        var taught = teacher.Hidden(teaching, rows.Input());
        var targets = rows.Targets;
        if (weights.Length < targets.Length) weights = new float[targets.Length];
        Array.Fill(weights, (float)(weight * options.Weight * options.Temperature * options.Temperature));
        var divergence = workspace.Divergence(hidden, model.Head, taught, teacher.Head, targets, weights.AsSpan(0, targets.Length),
            new DivergenceOptions(options.Kind, (float)options.Temperature, options.Top));
        double sum = 0;
        foreach (var value in divergence.Span) sum += value;
        return text.Run(workspace, model, hidden, rows, (float)((1 - options.Weight) * weight)) with { Divergence = sum };
    }

    /// <summary>Frees the teacher.</summary>
    public void Dispose()
    {
        teaching.Dispose();
        teacher.Dispose();
    }
}
