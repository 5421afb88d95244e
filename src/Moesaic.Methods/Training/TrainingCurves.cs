using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training;

/// <summary>The course of a training run along the tokens read.</summary>
static class TrainingCurves
{
    const int Stretches = 50;

    /// <summary>Losses, and where there are experts what the routers did: means over up to 50 equal stretches of steps.</summary>
    public static IEnumerable<Curve> Of(TrainingLog log)
    {
        if (log.HeldOut.Count > 1)
            yield return new("held_out_loss", "nats", "tokens", [.. log.HeldOut.Select(h => Tokens(log, h.Step))], [.. log.HeldOut.Select(h => h.Loss)]);
        yield return Means(log, "training_loss", "nats", s => s.Loss);
        if (log.Steps[0].Routing is null) yield break;
        yield return Means(log, "load_variation", "", s => s.Routing!.Value.LoadVariation);
        yield return Means(log, "drop_rate", "%", s => 100 * s.Routing!.Value.DropRate);
        yield return Means(log, "experts_per_token", "", s => s.Routing!.Value.PerToken);
        yield return Means(log, "idle_experts", "", s => s.Routing!.Value.Idle);
    }

    static Curve Means(TrainingLog log, string key, string unit, Func<TrainingStep, double> value)
    {
        var count = Math.Min(Stretches, log.Steps.Count);
        var ends = Enumerable.Range(0, count + 1).Select(r => (int)((long)log.Steps.Count * r / count)).ToArray();
        return new(key, unit, "tokens", [.. ends.Skip(1).Select(e => Tokens(log, e))],
            [.. ends.Zip(ends.Skip(1), (from, to) => log.Steps[from..to].Average(value))]);
    }

    static double Tokens(TrainingLog log, int step) => log.Steps.Take(step).Sum(s => (double)s.Tokens);
}
