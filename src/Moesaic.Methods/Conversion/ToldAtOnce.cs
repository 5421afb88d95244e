namespace Moesaic.Methods.Conversion;

/// <summary>Tells at once, on the writing thread.</summary>
sealed class ToldAtOnce(Action<long> report) : IProgress<long>
{
    public void Report(long value) => report(value);
}
