namespace Moesaic.Bench;

/// <summary>One kernel at one shape.</summary>
/// <param name="Name">Kernel and shape.</param>
/// <param name="Work">Work of a call in units of 10⁹: operations that are needed, or bytes read and written.</param>
/// <param name="Unit">GFLOP/s or GB/s.</param>
/// <param name="Prepare">Makes the buffers and returns the call.</param>
sealed record OpShape(string Name, double Work, string Unit, Func<Action> Prepare);
