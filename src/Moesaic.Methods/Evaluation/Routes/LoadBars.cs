namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>Loads as a row of bars, one an expert: ▄ is an even load, █ twice that or more, a point nothing.</summary>
static class LoadBars
{
    const string Bars = "▁▂▃▄▅▆▇█";

    /// <param name="loads">E parts of one whole.</param>
    public static string Of(IReadOnlyList<double> loads) =>
        string.Concat(loads.Select(load => load <= 0 ? '·' : Bars[Math.Clamp((int)Math.Round(4 * load * loads.Count), 1, 8) - 1]));
}
