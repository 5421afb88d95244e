using System.Text;

namespace Moesaic.Inference;

/// <summary>The texts of one request.</summary>
sealed class GenerationJob(GenerationRequest request, GenerationStream stream, CancellationToken cancellation)
    : QueueJob(request.Client, request.Deadline, cancellation)
{
    readonly StringBuilder[] written = [.. Enumerable.Range(0, request.Count).Select(_ => new StringBuilder())];
    readonly int[] sent = new int[request.Count];
    readonly bool[] ended = new bool[request.Count];
    Generation[] texts = [];
    bool sentPrompt = request.PromptLogProbabilities is null;

    protected override bool IsAbandoned => stream.IsAbandoned;

    protected override bool Start(Engine engine)
    {
        if (engine.TryStart(request, (i, piece) => written[i].Append(piece)) is not { } started) return false;
        texts = started;
        return true;
    }

    protected override bool Publish()
    {
        for (var i = 0; i < texts.Length; i++)
        {
            if (ended[i]) continue;
            var text = texts[i];
            ended[i] = text.HasEnded;
            // Throws what the text ended with.
            var result = ended[i] ? text.Result : null;
            if (text.Tokens.Count == sent[i] && result is null) continue;
            var piece = new GenerationPiece
            {
                Index = i, Text = written[i].ToString(), Tokens = [.. text.TokensFrom(sent[i])], FinishReason = result?.FinishReason,
                Prompt = i == 0 && !sentPrompt ? text.Scores!.Tokens : null, Usage = result is null ? null : Usage(result),
            };
            sentPrompt |= i == 0;
            (sent[i], _) = (text.Tokens.Count, written[i].Clear());
            stream.Post(piece);
        }
        return !ended.Contains(false);
    }

    public override void End(Exception? failure)
    {
        foreach (var text in texts) text.Dispose();
        stream.Complete(failure);
    }

    GenerationUsage Usage(GenerationResult result) => new(
        result.PromptTokens, result.ReusedTokens, result.Tokens.Count, QueueTime, result.PrefillTime, result.DecodeTime);
}
