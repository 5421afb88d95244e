namespace Moesaic.Kernels.Tests;

/// <summary>Managed bytes of all threads. The least of several tries, as the test runner allocates now and then itself.</summary>
static class Allocations
{
    const int Tries = 12;

    public static long InSteadyState(Action action)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            action();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }
}
