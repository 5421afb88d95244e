using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Inference.Tests;

public class DecodableRoutersTests
{
    static readonly RouterSpec Plain = new() { Experts = 6, Chosen = 2 };

    [Fact]
    public void What_decides_by_more_than_the_token_cannot_generate()
    {
        Refused(Plain with { Key = RouterKey.Task, Keys = 2, KeyWidth = 4 }, "by task");
        Refused(Plain with { Key = RouterKey.Prefix }, "mean of the sequence so far");
        Refused(Plain with { Key = RouterKey.Sequence }, "whole sequence");
        Refused(Plain with { Weight = CombineWeight.Raw, Selection = new(SelectionKind.ExpertChoice) }, "its experts choose");
        Refused(Plain with { Capacity = new(1) { Order = CapacityOrder.Position } }, "earlier tokens left");
        Refused(Plain with { Capacity = new(1) }, "other tokens take");
        Assert.Null(DecodableRouters.WhyNot(Of(Plain with { Training = new() { Capacity = new(1) } })));

        static void Refused(RouterSpec router, string reason)
        {
            using var model = new Model(Of(router));
            Assert.Contains(reason, Assert.Throws<BadModelException>(() => new SequenceDecoder(model, 8)).Message, StringComparison.Ordinal);
        }

        static ModelSpec Of(RouterSpec router)
        {
            using var model = TinyModels.Make("mixture");
            return model.Spec with
            {
                Layers = [.. model.Spec.Layers.Select(l => l.FeedForward is MixtureSpec m ? l with { FeedForward = m with { Router = router } } : l)],
            };
        }
    }
}
