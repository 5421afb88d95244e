using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Methods.Training.Balance;

/// <summary>The objectives whose coefficients do not change.</summary>
static class BalanceTerms
{
    /// <param name="options">Of the run.</param>
    /// <param name="balance">Its objectives.</param>
    /// <param name="attention">The routers of experts of attention.</param>
    public static IEnumerable<BalanceTerm> Of(TrainingOptions options, BalanceOptions balance, IReadOnlyList<Router> attention) =>
        Everywhere(options, balance).Concat(Information(balance, attention));

    static IEnumerable<BalanceTerm> Everywhere(TrainingOptions options, BalanceOptions balance) => new (IBalanceObjective Objective, double Coefficient, BalanceOver Over)[]
    {
        (new ImportanceVariation(), options.Variation + balance.Importance, BalanceOver.Tokens),
        (new LoadVariation(), options.Variation + balance.Load, BalanceOver.Tokens),
        (new LoadBalance(balance.LoadCount), balance.Adaptive is null ? options.LoadBalance : 0, BalanceOver.Tokens),
        (new ZLoss(), options.ZLoss, BalanceOver.Tokens),
        (new GroupBalance(balance.Groups ?? 1), balance.GroupBalance, BalanceOver.Tokens),
        (new LoadBalance(), balance.SequenceBalance, BalanceOver.Sequences),
        (new LoadBalance(balance.LoadCount), balance.PooledBalance, BalanceOver.Layers),
        (new SoftBalance(), balance.SoftBalance, BalanceOver.Tokens),
        (new GatingEntropy(), balance.GatingEntropy, BalanceOver.Tokens),
        (new ClusterVariance(balance.VarianceForm, balance.Clusters ?? 1), balance.Variance, BalanceOver.Tokens),
    }.Where(t => t.Coefficient > 0).Select(t => new BalanceTerm(t.Objective, (float)t.Coefficient, t.Over));

    static IEnumerable<BalanceTerm> Information(BalanceOptions balance, IReadOnlyList<Router> attention)
    {
        var (feedForward, ofAttention) = ((float)balance.MutualInformation, (float?)balance.MutualInformationAttention);
        if (feedForward > 0 || ofAttention > 0)
            yield return new(new MutualInformation(), feedForward) { Own = ofAttention is { } own ? attention.ToDictionary(r => r, _ => own) : null };
    }
}
