using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;

namespace Moesaic.Methods.Tests.Construction.Divisions;

public sealed class ImportanceAssignmentTests
{
    [Fact]
    public void Greedy_is_the_published_loop()
    {
        // Expert 0 takes neuron 0 (9), expert 1 neuron 1 (8), expert 0 neuron 2 (7) and is full; the rest goes to 1.
        double[][] scores = [[9, 5, 7, 1], [6, 8, 6.5, 2]];
        Assert.Equal([[0, 2], [1, 3]], ImportanceAssignment.Assign(scores, [], AssignmentRule.Greedy));
    }

    [Theory]
    [InlineData(2, 6, 0)]
    [InlineData(3, 6, 0)]
    [InlineData(2, 7, 1)]
    public void Exact_is_the_best_there_is_and_greedy_is_near(int experts, int neurons, int shared)
    {
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            double[][] scores = [.. Enumerable.Range(0, experts).Select(_ => Enumerable.Range(0, neurons).Select(_ => random.NextDouble()).ToArray())];
            int[] excluded = [.. ImportanceAssignment.Shared(scores, shared, (neurons - shared) / experts)];
            var best = Best(scores, excluded);
            double exact = Sum(ImportanceAssignment.Assign(scores, excluded, AssignmentRule.Exact)),
                greedy = Sum(ImportanceAssignment.Assign(scores, excluded, AssignmentRule.Greedy));
            Assert.Equal(best, exact, 5);
            Assert.InRange(greedy, best / 2, best + 1e-9);      // a greedy matching is never worse than half

            double Sum(int[][] split) => split.Select((list, e) => list.Sum(j => scores[e][j])).Sum();
        }
    }

    static double Best(double[][] scores, int[] excluded)
    {
        var free = Enumerable.Range(0, scores[0].Length).Except(excluded).ToArray();
        var best = 0.0;
        for (var code = 0; code < Math.Pow(scores.Length, free.Length); code++)
        {
            var owner = free.Select((_, i) => code / (int)Math.Pow(scores.Length, i) % scores.Length).ToArray();
            if (owner.CountBy(o => o).All(g => g.Value == free.Length / scores.Length))
                best = Math.Max(best, free.Select((j, i) => scores[owner[i]][j]).Sum());
        }
        return best;
    }

    [Fact]
    public void Shared_are_those_that_most_want()
    {
        // Lists of two: {0, 1}, {0, 2}, {0, 1}. Neuron 0 is on three; then {1, 2}, {2, 3}, {1, 2}: 2 is on three.
        double[][] scores = [[9, 8, 7, 0], [9, 1, 8, 7], [9, 8, 7, 0]];
        Assert.Equal([0, 2], ImportanceAssignment.Shared(scores, 2, 2));
        Assert.Empty(ImportanceAssignment.Shared(scores, 0, 2));
        Assert.Equal([0], ImportanceAssignment.Shared(scores, 1, 2));
    }

    [Fact]
    public void Normalised_rows_have_mean_one_and_rows_of_zeros_stay()
    {
        var rows = ImportanceAssignment.Normalise([[1, 3], [0, 0]]);
        Assert.Equal([[0.5, 1.5], [0, 0]], rows);
    }

    [Fact]
    public void Overlapping_experts_take_what_they_like_best()
    {
        double[][] scores = [[9, 8, 7, 0, 0], [9, 1, 8, 7, 0], [1, 8, 7, 9, 0]];
        Assert.Equal([[0, 1], [0, 2], [1, 3]], ImportanceAssignment.Overlapping(scores, [], 2));
        Assert.Equal([[1, 2], [2, 3], [1, 3]], ImportanceAssignment.Overlapping(scores, [0], 2));
    }
}
