using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

public class SelectionTests
{
    [Theory]
    [InlineData(new float[] { 2, 1, 0, -1 }, new[] { 0, 1 })]
    [InlineData(new float[] { -1, 3, 0, 4 }, new[] { 3, 1, 2 })]
    [InlineData(new float[] { 1, 5, 5, 5 }, new[] { 1, 2 })]
    [InlineData(new float[] { 0, 0, 0 }, new[] { 0, 1, 2 })]
    [InlineData(new[] { float.NaN, -9, float.NaN, float.NegativeInfinity }, new[] { 1, 3, 0, 2 })]
    [InlineData(new[] { 1, float.NaN, 2 }, new[] { 2, 0, 1 })]
    [InlineData(new[] { float.NaN, float.NaN }, new[] { 0 })]
    public void The_highest_first_ties_to_the_lowest_index_what_is_no_number_last(float[] scores, int[] expected)
    {
        var chosen = new int[expected.Length];
        Selection.TopK(scores, chosen);
        Assert.Equal(expected, chosen);
    }

    [Theory]
    [InlineData(20, 6)]
    [InlineData(70, 6)]
    [InlineData(70, 1000)]
    public void It_is_the_beginning_of_a_stable_sort(int most, int values)
    {
        var random = new Random(3);
        for (var run = 0; run < 300; run++)
        {
            // A zero becomes what is no number, which a sort in descending order puts last too.
            var scores = Enumerable.Range(0, random.Next(1, most)).Select(_ => random.Next(values) is var v and > 0 ? v : float.NaN).ToArray();
            var chosen = new int[random.Next(1, scores.Length + 1)];
            Selection.TopK(scores, chosen);
            Assert.Equal(Enumerable.Range(0, scores.Length).OrderByDescending(e => scores[e]).Take(chosen.Length), chosen);
        }
    }
}
