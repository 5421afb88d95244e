namespace Moesaic.Bench.Serve;

/// <summary>A kind of request.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Weight">How often it comes beside the others.</param>
/// <param name="Expects">Whether a status is right; 0 is a connection that the server closed.</param>
/// <param name="Act">Sends one.</param>
sealed record RequestKind(string Name, int Weight, Func<int, bool> Expects, Func<LoadClient, Random, Attempt, CancellationToken, Task> Act)
{
    /// <summary>What a server may say of any request: too much to do. Everything else of 500 and above is a fault.</summary>
    public static bool IsBusy(int status) => status is 429 or 503;

    public static bool IsGood(int status) => status == 200;

    public static bool IsRefused(int status) => status is 0 or (>= 400 and < 500);
}
