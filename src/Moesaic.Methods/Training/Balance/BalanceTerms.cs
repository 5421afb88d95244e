using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Methods.Training.Balance;

/// <summary>The objectives whose coefficients do not change.</summary>
static class BalanceTerms
{
    public static IEnumerable<BalanceTerm> Of(TrainingOptions options, BalanceOptions balance) => new (IBalanceObjective Objective, double Coefficient, BalanceOver Over)[]
    {
        (new ImportanceVariation(), options.Variation + balance.Importance, BalanceOver.Tokens),
        (new LoadVariation(), options.Variation + balance.Load, BalanceOver.Tokens),
        (new LoadBalance(balance.LoadCount), balance.Adaptive is null ? options.LoadBalance : 0, BalanceOver.Tokens),
        (new ZLoss(), options.ZLoss, BalanceOver.Tokens),
        (new GroupBalance(balance.Groups ?? 1), balance.GroupBalance, BalanceOver.Tokens),
        (new LoadBalance(), balance.SequenceBalance, BalanceOver.Sequences),
        (new LoadBalance(balance.LoadCount), balance.PooledBalance, BalanceOver.Layers),
        (new SoftBalance(), balance.SoftBalance, BalanceOver.Tokens),
        (new MutualInformation(), balance.MutualInformation, BalanceOver.Tokens),
        (new ClusterVariance(balance.VarianceForm, balance.Clusters ?? 1), balance.Variance, BalanceOver.Tokens),
    }.Where(t => t.Coefficient > 0).Select(t => new BalanceTerm(t.Objective, (float)t.Coefficient, t.Over));
}
