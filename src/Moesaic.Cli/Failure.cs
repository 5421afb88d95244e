using System.Reflection;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Demo;

namespace Moesaic.Cli;

/// <summary>
/// An exception as the user meets it: a message and an exit code. A stack trace is for defects only, and when asked for.
/// </summary>
sealed record Failure(string Message, int ExitCode)
{
    public static Failure Of(Exception exception, bool cancelled, bool verbose) => Unwrap(exception) switch
    {
        OperationCanceledException when cancelled => new("stopped", Cli.ExitCode.Cancelled),
        MoesaicException e => new(e.Message, e.ExitCode),
        BelowBarException e => new(e.Message, Cli.ExitCode.Defect),
        KernelSettingException e => new(e.Message, Cli.ExitCode.BadRequest),
        OutOfMemoryException e => new(
            $"not enough memory ({e.Message}) --dry-run shows the peak; a smaller batch, context or model needs less.",
            Cli.ExitCode.BadRequest),
        IOException or UnauthorizedAccessException => new(
            $"a file or folder cannot be used: {Unwrap(exception).Message}", Cli.ExitCode.BadRequest),
        var e => new(
            $"{e.GetType().Name}: {e.Message}\nThis is a defect of Moesaic: please report it with the command and this message"
            + (verbose ? $".\n{exception}" : "; --verbose adds where it happened."), Cli.ExitCode.Defect),
    };

    // What wraps a failure on its way from a worker thread is of no interest.
    static Exception Unwrap(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var only] } => Unwrap(only),
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        _ => exception,
    };
}
