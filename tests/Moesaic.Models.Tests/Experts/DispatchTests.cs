using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public class DispatchTests
{
    [Fact]
    public void Every_slot_has_exactly_one_row_among_those_of_its_expert_in_order()
    {
        var random = new Random(4);
        using var workspace = new Workspace();
        for (var run = 0; run < 200; run++)
        {
            int tokens = random.Next(0, 12), experts = random.Next(1, 9), perToken = random.Next(1, experts + 1);
            var chosen = Enumerable.Range(0, tokens)
                .SelectMany(_ => Enumerable.Range(0, experts).OrderBy(_ => random.Next()).Take(perToken)).ToArray();
            workspace.Begin(recording: false);
            var dispatch = Dispatch.Sort(workspace, chosen, perToken, experts);

            Assert.Equal(Enumerable.Range(0, chosen.Length), dispatch.Slots.ToArray().Order());
            Assert.Equal((0, chosen.Length), (dispatch.Offsets[0], dispatch.Offsets[experts]));
            for (var slot = 0; slot < chosen.Length; slot++)
            {
                var row = dispatch.Slots.Span[slot];
                Assert.Equal(slot / perToken, dispatch.Tokens.Span[row]);
                Assert.InRange(row, dispatch.Offsets[chosen[slot]], dispatch.Offsets[chosen[slot] + 1] - 1);
            }
            for (var e = 0; e < experts; e++)
            {
                var rows = dispatch.Tokens.ToArray()[dispatch.Offsets[e]..dispatch.Offsets[e + 1]];
                Assert.Equal(rows.Order(), rows);
            }
        }
    }
}
