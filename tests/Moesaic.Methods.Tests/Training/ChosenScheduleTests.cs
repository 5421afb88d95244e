using Moesaic.Formats;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Training;

public class ChosenScheduleTests
{
    static readonly TrainingOptions Options = TinyRun.Options with { ExpertAnneal = new(4, 4), AttentionAnneal = new(2, 3) };

    static ModelSpec Spec(ExpertKeys keys)
    {
        var attention = new AttentionSpec(4, 2, 8)
        {
            Experts = new AttentionExpertsSpec(new RouterSpec { Experts = 2, Chosen = 1, Weight = CombineWeight.Raw, Scale = 2 }, keys, keys == ExpertKeys.Routed),
        };
        var spec = TinyRun.Spec(chosen: 1, CombineWeight.Raw);
        return spec with { Layers = [.. spec.Layers.Select(l => l with { Attention = attention })] };
    }

    [Fact]
    public void It_is_a_line_from_the_first_step_to_the_last_of_the_schedule()
    {
        var schedule = new ChosenSchedule(8, 4);
        var router = new RouterSpec { Experts = 8, Chosen = 2 };
        Assert.Equal([8, 7, 5, 4, 2, 2], Enumerable.Range(0, 6).Select(step => schedule.At(step).Of(router)));
        Assert.Equal([2, 2], Enumerable.Range(0, 2).Select(step => new ChosenSchedule(8, 0).At(step).Of(router)));
    }

    [Theory]
    [InlineData(ExpertKeys.All)]
    [InlineData(ExpertKeys.Routed)]
    public void Routers_of_both_kinds_choose_what_the_step_says(ExpertKeys keys)
    {
        using var model = TinyRun.Model(Spec(keys));
        using var trainer = TinyRun.Trainer(model, Options);
        var chosen = new List<(long, long)>();
        while (!trainer.Finished)
        {
            trainer.Advance();
            chosen.Add((trainer.Routing[0].Slots.ToArray().Sum() / trainer.Routing[0].Tokens,
                trainer.AttentionRouting[0].Slots.ToArray().Sum() / trainer.AttentionRouting[0].Tokens));
            foreach (var routing in trainer.Routing.Concat(trainer.AttentionRouting)) routing.Clear();
        }
        Assert.Equal([(4, 2), (4, 2), (3, 2), (2, 1), (1, 1), (1, 1)], chosen);
    }

    [Theory]
    [InlineData(ExpertKeys.All)]
    [InlineData(ExpertKeys.Routed)]
    public void A_run_killed_on_the_way_down_goes_on_to_the_same_bits(ExpertKeys keys)
    {
        using var folder = new TemporaryFolder();
        using Model whole = TinyRun.Model(Spec(keys)), first = TinyRun.Model(Spec(keys)), second = TinyRun.Model(Spec(keys));
        using Trainer uninterrupted = TinyRun.Trainer(whole, Options), killed = TinyRun.Trainer(first, Options), resumed = TinyRun.Trainer(second, Options);
        var expected = TinyRun.Finish(uninterrupted);
        for (var i = 0; i < 2; i++) killed.Advance();
        TrainingState.Save(folder["state"], killed, new Dictionary<string, string>());
        TrainingState.Restore(folder["state"], resumed);
        Assert.Equal(expected.Skip(2), TinyRun.Finish(resumed));
        Assert.Equal(TinyRun.Bits(whole), TinyRun.Bits(second));
    }

    [Fact]
    public void Coming_down_to_no_fewer_is_refused()
    {
        using var model = TinyRun.Model();
        Assert.Contains("attention", Assert.Throws<BadRequestException>(() => TinyRun.Trainer(model, TinyRun.Options with { AttentionAnneal = new(8, 4) }))
            .Message, StringComparison.Ordinal);
        Assert.Contains("from 2", Assert.Throws<BadRequestException>(() => TinyRun.Trainer(model, TinyRun.Options with { ExpertAnneal = new(2, 4) }))
            .Message, StringComparison.Ordinal);
    }
}
