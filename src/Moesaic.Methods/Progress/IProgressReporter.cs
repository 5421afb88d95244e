using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Progress;

/// <summary>
/// How long work shows itself. A method says what it is doing and how far it is; who listens decides whether that
/// becomes a live bar, a plain line or a JSON line. Every member may be called from any thread and is cheap enough
/// to call a thousand times a second.
/// </summary>
public interface IProgressReporter
{
    /// <summary>
    /// Opens a piece of work of known size; dispose it at its end, reached or not. Tasks may nest: the innermost is
    /// the one shown.
    /// </summary>
    /// <param name="title">What is done, as a phrase: "train", "calibrate layer 3".</param>
    /// <param name="total">The size of the whole in <paramref name="unit"/>; 0 when it cannot be known.</param>
    /// <param name="unit">What is counted, in the plural: "tokens", "layers", "bytes". Rates are in unit/s.</param>
    /// <param name="done">What an earlier run had finished: it counts as progress and not towards the rate.</param>
    IProgressTask Begin(string title, double total, string unit, double done = 0);

    /// <summary>A result on the way that stays visible, such as the held-out loss after 1,000 steps.</summary>
    /// <param name="title">What was measured, and where: "step 1000".</param>
    /// <param name="figures">The values, in the order to show.</param>
    void Measured(string title, IReadOnlyList<Figure> figures);

    /// <summary>Something worth knowing that needs no action: "2 tensors rotary_emb.inv_freq skipped".</summary>
    void Note(string message);

    /// <summary>Something that may make the result worse than expected, with what to do about it.</summary>
    void Warn(string message);
}
