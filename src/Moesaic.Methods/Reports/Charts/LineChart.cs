using System.Globalization;
using System.Text;

namespace Moesaic.Methods.Reports.Charts;

/// <summary>
/// Lines over a horizontal axis as an SVG picture that stands on light and dark pages alike. Each line is named at its end; the names
/// make way for one another.
/// </summary>
sealed class LineChart
{
    const double Width = 860, Height = 520, Left = 64, Right = 190, Top = 44, Bottom = 52, Between = 15;

    // Told apart on white and on black, by people who see no red or no green too; with the dashes, 30 lines.
    static readonly string[] Colours = ["#3b82c4", "#d9822b", "#2f9e6e", "#c4488a", "#8a6fd1", "#a8891f", "#4aa6b5", "#c75146", "#7a8793", "#6b8e23"];
    static readonly string[] Dashes = ["", "6 3", "2 3"];

    readonly StringBuilder svg = new();
    readonly ChartAxis across, up;

    LineChart(IReadOnlyList<ChartLine> lines, bool wholeRange)
    {
        var places = lines.SelectMany(l => l.Places).DefaultIfEmpty(0).ToList();
        across = ChartAxis.Of(Math.Min(0, places.Min()), places.Max(), 7);
        // The start of a training is far above all that is to be compared: the axis holds what comes after its first sixth.
        var from = wholeRange ? places.Min() : places.Min() + ((places.Max() - places.Min()) / 6);
        var shown = lines.SelectMany(l => l.Places.Select((p, i) => (Place: p, Low: l.Lowest[i], High: l.Highest[i]))).Where(v => v.Place >= from).ToList();
        up = shown.Count == 0 ? ChartAxis.Of(0, 1, 6) : ChartAxis.Of(shown.Min(v => v.Low), shown.Max(v => v.High), 6);
    }

    /// <summary>The picture as text.</summary>
    /// <param name="title">Above it.</param>
    /// <param name="along">Below the horizontal axis.</param>
    /// <param name="lines">In the order of their colours.</param>
    /// <param name="wholeRange">Whether the vertical axis holds the beginning too. Default: no.</param>
    public static string Write(string title, string along, IReadOnlyList<ChartLine> lines, bool wholeRange = false)
    {
        var chart = new LineChart(lines, wholeRange);
        chart.Frame(title, along);
        for (var i = 0; i < lines.Count; i++) chart.Line(lines[i], i);
        chart.Names(lines);
        return chart.svg.Append("</svg>\n").ToString();
    }

    void Frame(string title, string along)
    {
        svg.Append(string.Create(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{Height}}" font-family="system-ui, sans-serif" font-size="13">
            <style>text { fill: #57606a } .grid { stroke: #8b949e; stroke-opacity: .3 } @media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }</style>
            <clipPath id="plot"><rect x="{{Left}}" y="{{Top}}" width="{{Width - Left - Right}}" height="{{Height - Top - Bottom}}"/></clipPath>

            """).ReplaceLineEndings("\n"));
        Text(Left, 24, "start", title, "font-size=\"15\" font-weight=\"600\"");
        foreach (var tick in up.Ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\"/>\n");
            Text(Left - 8, Y(tick) + 4, "end", up.Text(tick));
        }
        foreach (var tick in across.Ticks) Text(X(tick), Height - Bottom + 20, "middle", across.Text(tick));
        Text((Left + Width - Right) / 2, Height - 10, "middle", along);
    }

    void Line(ChartLine line, int number)
    {
        var (colour, dash) = Look(number);
        if (line.Lowest.Zip(line.Highest).Any(v => v.First < v.Second))
            svg.Append(CultureInfo.InvariantCulture, $"<polygon clip-path=\"url(#plot)\" fill=\"{colour}\" fill-opacity=\".15\" points=\"")
                .Append(Points(line.Places, line.Highest)).Append(' ').Append(Points([.. line.Places.Reverse()], [.. line.Lowest.Reverse()])).Append("\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<polyline clip-path=\"url(#plot)\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"")
            .Append(dash.Length == 0 ? "" : $" stroke-dasharray=\"{dash}\"").Append(" points=\"").Append(Points(line.Places, line.Means)).Append("\"/>\n");
    }

    // From the top down; a name that would cover the one above it moves below it, and all move up if the last fell off the picture.
    void Names(IReadOnlyList<ChartLine> lines)
    {
        var ends = lines.Select((l, i) => (l.Name, Number: i, At: l.Means.Count == 0 ? Height / 2 : Math.Clamp(Y(l.Means[^1]), Top, Height - Bottom)))
            .OrderBy(e => e.At).ToArray();
        var places = new double[ends.Length];
        for (var i = 0; i < ends.Length; i++) places[i] = i == 0 ? ends[i].At : Math.Max(ends[i].At, places[i - 1] + Between);
        for (var (i, most) = (ends.Length - 1, Height - Bottom); i >= 0 && places[i] > most; i--, most -= Between) places[i] = most;
        for (var i = 0; i < ends.Length; i++)
        {
            var (colour, dash) = Look(ends[i].Number);
            var x = Width - Right;
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x + 2} {ends[i].At:0.#}L{x + 14} {places[i]:0.#}h14\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"")
                .Append(dash.Length == 0 ? "" : $" stroke-dasharray=\"{dash}\"").Append("/>\n");
            Text(x + 33, places[i] + 4, "start", ends[i].Name);
        }
    }

    static (string Colour, string Dash) Look(int number) => (Colours[number % Colours.Length], Dashes[number / Colours.Length % Dashes.Length]);

    double X(double place) => Left + (across.Part(place) * (Width - Left - Right));

    double Y(double value) => Height - Bottom - (up.Part(value) * (Height - Top - Bottom));

    string Points(IReadOnlyList<double> places, IReadOnlyList<double> values) => string.Join(' ',
        places.Zip(values, (p, v) => string.Create(CultureInfo.InvariantCulture, $"{X(p):0.#},{Math.Clamp(Y(v), -Height, 2 * Height):0.#}")));

    void Text(double x, double y, string anchor, string text, string more = "") => svg.Append(CultureInfo.InvariantCulture,
        $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(more.Length == 0 ? "" : " " + more)}>{System.Security.SecurityElement.Escape(text)}</text>\n");
}
