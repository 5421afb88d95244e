using Moesaic.Methods.Steps;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Training;

/// <summary>What a training run came to, as the figures of its report.</summary>
static class TrainingFigures
{
    /// <summary>"First" is the first step, "last" the mean of the last twentieth of the steps.</summary>
    public static List<Figure> Of(TrainingLog log, SavedModel saved, double? rate)
    {
        var (first, last) = (log.Steps[0], log.Steps.TakeLast(Math.Max(1, log.Steps.Count / 20)).ToList());
        List<Figure> figures = [new("training_loss_first", first.Loss, "nats"), new("training_loss_last", last.Average(s => s.Loss), "nats")];
        Course("divergence", s => s.Divergence, "nats");
        Course("training_accuracy", s => s.Accuracy, "");
        Course("training_margin", s => s.Margin, "");
        Course("output_z_loss", s => s.OutputZLoss, "");
        if (last[^1].Routing is not null)
        {
            figures.Add(new Figure("load_variation", last.Average(s => s.Routing!.Value.LoadVariation)));
            figures.Add(new Figure("drop_rate", 100 * last.Average(s => s.Routing!.Value.DropRate), "%"));
            figures.Add(new Figure("experts_per_token", last.Average(s => s.Routing!.Value.PerToken)));
            figures.Add(new Figure("idle_experts", last.Average(s => s.Routing!.Value.Idle)));
        }
        foreach (var (name, course) in log.Objectives)
        {
            figures.Add(new Figure(name + "_first", course[0]));
            figures.Add(new Figure(name + "_last", course.TakeLast(last.Count).Average()));
        }
        if (log.HeldOut.Count > 0)
        {
            var end = log.HeldOut[^1];
            figures.Add(new Figure("held_out_loss_before", log.HeldOut[0].Loss, "nats"));
            figures.Add(new Figure("held_out_loss", end.Loss, "nats"));
            if (end.Accuracy is { } accuracy) figures.Add(new Figure("held_out_accuracy", accuracy));
            if (end.Margin is { } margin) figures.Add(new Figure("held_out_margin", margin));
            if (end.Accuracy is null) figures.Add(new Figure("held_out_perplexity", Math.Exp(end.Loss)));
        }
        figures.Add(new Figure("tokens", log.Steps.Sum(s => (double)s.Tokens), "tokens"));
        if (rate is { } r) figures.Add(new Figure("training_speed", r, "tokens/s"));
        figures.Add(new Figure("weight_bytes", saved.WeightBytes, "bytes"));
        return figures;

        void Course(string key, Func<TrainingStep, double?> value, string unit)
        {
            if (value(first) is not { } before) return;
            figures.Add(new Figure(key + "_first", before, unit));
            figures.Add(new Figure(key + "_last", last.Average(value)!.Value, unit));
        }
    }
}
