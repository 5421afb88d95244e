using Moesaic.Text.Chat;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Corpora;

/// <summary>What an <see cref="InstructionPair"/> asks for.</summary>
public enum InstructionKind
{
    /// <summary>What a type or member is or does: the summary.</summary>
    Purpose,

    /// <summary>What a method or property returns.</summary>
    Returns,

    /// <summary>When a member throws one given exception.</summary>
    Throws,
}

/// <summary>A question about a member and its answer, both from the documentation.</summary>
/// <param name="Domain">The namespace.</param>
/// <param name="Member">The documentation id.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="Question">The user's turn; the member stands between backticks.</param>
/// <param name="Answer">The assistant's turn: whole sentences as documented.</param>
public sealed record InstructionPair(
    string Domain, string Member, InstructionKind Kind, string Question, string Answer)
{
    /// <summary>The pair as a dataset has it: a conversation of one user and one assistant turn.</summary>
    public Document ToDocument() => new(Member, null, [new("user", Question), new("assistant", Answer)]);
}
