using Polly;
using Polly.Retry;

namespace Moesaic.Formats;

/// <summary>A failure that may pass: the connection broke or fell silent, or the server is busy.</summary>
/// <param name="message">What happened.</param>
/// <param name="wait">How long the server asks to wait, if it says.</param>
/// <param name="inner">The cause.</param>
sealed class PassingFailureException(string message, TimeSpan? wait = null, Exception? inner = null) : Exception(message, inner)
{
    public TimeSpan? Wait { get; } = wait;
}

/// <summary>Repeats what failed in passing, with growing waits or those the server asks for.</summary>
sealed class HubRetry
{
    readonly HubOptions options;
    readonly Action<string> note;
    readonly ResiliencePipeline pipeline;

    /// <param name="options">How often and how long.</param>
    /// <param name="note">Is told of every failure and wait.</param>
    public HubRetry(HubOptions options, Action<string> note)
    {
        (this.options, this.note) = (options, note);
        pipeline = new ResiliencePipelineBuilder { TimeProvider = options.Time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<PassingFailureException>(),
            MaxRetryAttempts = options.Attempts - 1,
            DelayGenerator = Delay,
            OnRetry = Tell,
        }).Build();
    }

    /// <summary>Runs an action until it passes.</summary>
    /// <exception cref="BadModelException">It failed in passing as often as is allowed.</exception>
    public async Task<T> Run<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellation)
    {
        try
        {
            return await pipeline.ExecuteAsync(async stop => await action(stop).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch (PassingFailureException e)
        {
            throw new BadModelException($"{e.Message} Given up after {options.Attempts} attempts; the same command goes on from here.", e);
        }
    }

    ValueTask<TimeSpan?> Delay(RetryDelayGeneratorArguments<object> attempt) => new(
        ((PassingFailureException)attempt.Outcome.Exception!).Wait ?? (options.FirstDelay * Math.Pow(2, attempt.AttemptNumber)));

    ValueTask Tell(OnRetryArguments<object> attempt)
    {
        note(FormattableString.Invariant($"{attempt.Outcome.Exception!.Message} Trying again in {attempt.RetryDelay.TotalSeconds:0.#} s."));
        return ValueTask.CompletedTask;
    }
}
