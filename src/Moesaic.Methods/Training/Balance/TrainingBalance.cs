using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training.Balance;

/// <summary>The router objectives of a run, and what adjusts them between steps.</summary>
sealed class TrainingBalance : IDisposable
{
    readonly List<IBalanceController> controllers = [];
    readonly List<BalanceTerm> fixedTerms;
    readonly ClusterDropout? dropout;
    readonly Func<int, float>? temperature;

    public TrainingBalance(Model model, TrainingOptions options)
    {
        Router[] attention = [.. model.Blocks.Select(b => b.Attention).OfType<ExpertAttention>().Select(a => a.Router)];
        Routers = [.. model.Mixtures.Select(m => m.Router), .. attention];
        var balance = options.Balance ?? new BalanceOptions();
        fixedTerms = [.. BalanceTerms.Of(options, balance, attention)];
        if (balance.ClusterDropout is { } clusters) dropout = new ClusterDropout(Routers, clusters, options.Seed);
        if (balance.Temperature is { } cooling) temperature = step => cooling.At(step, options.Steps);
        if (balance.SelectionBias is { } bias) controllers.Add(new SelectionBiasControl(model, Routers, bias, options.Steps));
        if (balance.Sparsity is { } sparsity) controllers.Add(new SparsityControl(Routers, sparsity));
        if (balance.Adaptive is { } adaptive) controllers.Add(new AdaptiveControl(Routers, adaptive, balance.LoadCount, options.LoadBalance));
    }

    /// <summary>Those of mixtures, then those of attention experts, in the order of the layers.</summary>
    public IReadOnlyList<Router> Routers { get; }

    /// <summary>The objectives of the next step.</summary>
    public IReadOnlyList<BalanceTerm> Terms => [.. fixedTerms, .. controllers.SelectMany(c => c.Terms)];

    /// <summary>What controllers remember; the model's own tensors among it.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => controllers.SelectMany(c => c.State);

    /// <summary>What controllers remember that no tensor of the model holds.</summary>
    public IEnumerable<(string Name, Tensor Value)> Beside => controllers.Where(c => c.OutlivesModel).SelectMany(c => c.State);

    /// <summary>What the passes of a step do otherwise.</summary>
    public void Prepare(PassInput input, int step)
    {
        input.DroppedExperts = dropout?.At(step);
        input.RouterTemperature = temperature?.Invoke(step) ?? 1;
    }

    /// <summary>Tells the controllers of a step.</summary>
    public void After(int step, BalanceLedger ledger)
    {
        foreach (var controller in controllers) controller.After(step, ledger);
    }

    public void Dispose()
    {
        foreach (var controller in controllers.OfType<IDisposable>()) controller.Dispose();
    }
}
