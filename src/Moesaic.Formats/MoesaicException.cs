namespace Moesaic.Formats;

/// <summary>
/// A mistake the user can mend. The message says what happened, where (file, line, tensor, layer), why and what to do;
/// it is shown without a stack trace. Anything else that escapes is a defect of ours.
/// </summary>
public abstract class MoesaicException : Exception
{
    private protected MoesaicException(string message, Exception? inner) : base(message, inner) { }

    /// <summary>The exit code of the command line tool: 2 bad request or recipe, 3 bad model or data.</summary>
    public abstract int ExitCode { get; }
}

/// <summary>The request cannot be carried out as asked: a bad option, recipe, plan or combination of settings (exit code 2).</summary>
public class BadRequestException(string message, Exception? inner = null) : MoesaicException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 2;
}

/// <summary>A model, tokenizer or data file is missing, damaged, unsupported or contradicts itself (exit code 3).</summary>
public sealed class BadModelException(string message, Exception? inner = null) : MoesaicException(message, inner)
{
    /// <inheritdoc/>
    public override int ExitCode => 3;
}
