using System.Runtime.CompilerServices;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>What is left of the limits of one rendering.</summary>
sealed class Budget(JinjaLimits limits)
{
    long steps = limits.MaxSteps;
    int depth;

    public void Step()
    {
        if (--steps < 0) throw new JinjaFault($"the template takes more than {limits.MaxSteps} steps");
    }

    /// <summary>Pays for characters or items that are about to be produced.</summary>
    public void Charge(long items)
    {
        if (items > limits.MaxLength) throw new JinjaFault($"the template produces more than {limits.MaxLength} characters or items at once");
        steps -= items / 8;
        Step();
    }

    /// <summary>Pays for appending to a text.</summary>
    public void Grow(long length, long more)
    {
        if (length + more > limits.MaxLength) throw new JinjaFault($"the template produces more than {limits.MaxLength} characters");
        Charge(more);
    }

    public void Enter()
    {
        if (++depth > limits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new JinjaFault($"the template nests or recurses deeper than {limits.MaxDepth}");
    }

    public void Leave() => depth--;
}
