using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A prompt leaves no room for an answer.</summary>
/// <param name="promptTokens">Its tokens.</param>
/// <param name="most">The most that would do.</param>
/// <param name="context">Longest prompt and text together.</param>
public sealed class ContextExceededException(int promptTokens, int most, int context) : BadRequestException(
    $"The prompt has {promptTokens} tokens, the context of the model {context}; a prompt of at most {most} " +
    "leaves room for an answer. It is not shortened for you.")
{
    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens => promptTokens;

    /// <summary>Longest prompt and text together, in tokens.</summary>
    public int Context => context;
}
