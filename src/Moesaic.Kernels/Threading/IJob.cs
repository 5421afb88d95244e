namespace Moesaic.Kernels;

/// <summary>Work that is cut into independent parts for <see cref="WorkerTeam.Run{TJob}"/>.</summary>
public interface IJob
{
    /// <summary>
    /// Does one part. Called once for each part, from any thread of the team, in no particular order.
    /// </summary>
    /// <param name="part">Number of the part, from 0.</param>
    void Execute(int part);
}
