namespace Moesaic.Inference;

/// <summary>A text that is read for its hidden states.</summary>
sealed class EmbeddingJob(EmbeddingRequest request, CancellationToken cancellation) : QueueJob(request.Client, request.Deadline, cancellation)
{
    readonly TaskCompletionSource<TextEmbedding> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly HiddenStates states = new(request.Pooling, request.Normalise, request.Prompt.Length);
    BatchSequence? sequence;

    public Task<TextEmbedding> Task => completion.Task;

    protected override bool Start(Engine engine) => (sequence = engine.TryRead(request, states.Read)) is not null;

    protected override bool Publish() => sequence!.Waiting == 0;

    public override void End(Exception? failure)
    {
        sequence?.Dispose();
        if (failure is OperationCanceledException cancelled) completion.TrySetCanceled(cancelled.CancellationToken);
        else if (failure is not null) completion.TrySetException(failure);
        else completion.TrySetResult(states.Result());
    }
}
