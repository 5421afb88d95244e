namespace Moesaic.Server.Telemetry;

/// <summary>How evenly work is spread.</summary>
static class Balance
{
    /// <summary>Jain's index (Jain et al. 1984), (Σx)² / (n Σx²): 1 for equal shares, 1/n when one has all; 1 when there is nothing to share.</summary>
    public static double Jain(IReadOnlyList<long> shares)
    {
        double sum = 0, squares = 0;
        foreach (double share in shares)
        {
            sum += share;
            squares += share * share;
        }
        return squares == 0 ? 1 : sum * sum / (shares.Count * squares);
    }
}
