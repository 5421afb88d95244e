namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// An objective on a router's decisions (slot 9): a function of sums over tokens. What a token adds to the sums, the value and
/// the gradient are pure; who adds up over what (a pass, a step, a sequence, all layers) is not the objective's business.
/// </summary>
public interface IBalanceObjective
{
    /// <summary>As in options, logs and reports.</summary>
    string Name { get; }

    /// <summary>How many sums there are.</summary>
    /// <param name="experts">E.</param>
    int Sums(int experts);

    /// <summary>Whether a token's gradient depends on other tokens. Default: it does.</summary>
    bool DependsOnSums => true;

    /// <summary>Adds one token's part.</summary>
    /// <param name="token">A counted token.</param>
    /// <param name="sums">Added to.</param>
    void Add(in RoutedToken token, Span<double> sums);

    /// <summary>The objective without its coefficient.</summary>
    /// <param name="spec">The router's settings.</param>
    /// <param name="sums">Of at least one token.</param>
    double Value(RouterSpec spec, in TokenSums sums);

    /// <summary>What the gradient of a token needs of all of them.</summary>
    /// <param name="spec">The router's settings.</param>
    /// <param name="sums">Over those that the objective is about.</param>
    /// <param name="portion">The tokens that get a gradient.</param>
    /// <param name="slopes">One number more than there are sums, written; their meaning is the objective's own.</param>
    void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes);
}

/// <summary>An objective whose gradient goes to the logits.</summary>
public interface ILogitObjective : IBalanceObjective
{
    /// <summary>Adds one token's gradient.</summary>
    /// <param name="token">A counted token.</param>
    /// <param name="slopes">See <see cref="IBalanceObjective.Slopes"/>.</param>
    /// <param name="dLogits">E numbers, added to.</param>
    void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits);
}

/// <summary>An objective whose gradient goes to the combine weights, and on through whatever they are.</summary>
public interface IWeightObjective : IBalanceObjective
{
    /// <summary>Adds one token's gradient.</summary>
    /// <param name="token">A counted token.</param>
    /// <param name="slopes">See <see cref="IBalanceObjective.Slopes"/>.</param>
    /// <param name="dWeights">One number for each chosen expert, added to.</param>
    void AddToWeights(in RoutedToken token, ReadOnlySpan<double> slopes, Span<float> dWeights);
}

/// <summary>Sums over tokens.</summary>
/// <param name="values">As many as <see cref="IBalanceObjective.Sums"/> says.</param>
/// <param name="tokens">Number of tokens, at least 1.</param>
public readonly ref struct TokenSums(ReadOnlySpan<double> values, long tokens)
{
    /// <summary>The sums.</summary>
    public ReadOnlySpan<double> Values { get; } = values;

    /// <summary>Number of tokens.</summary>
    public long Tokens { get; } = tokens;
}

/// <summary>Some of the tokens that sums are over, with their share of the coefficient.</summary>
/// <param name="Coefficient">The objective's, times these tokens' share of those that it is averaged over.</param>
/// <param name="Tokens">Their number.</param>
public readonly record struct Portion(float Coefficient, int Tokens);
