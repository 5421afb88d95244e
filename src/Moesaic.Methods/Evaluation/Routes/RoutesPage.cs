using Moesaic.Methods.Reports.Charts;
using Moesaic.Methods.Steps;
using static Moesaic.Methods.Evaluation.Routes.RoutesReport;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// routes.html: the whole result as a page that needs nothing else, light or dark as its reader wants it. All but the choice of a layer for
/// the coloured text works without scripts.
/// </summary>
static class RoutesPage
{
    /// <summary>Experts beyond which a square of all pairs is no longer readable: the strongest are listed instead.</summary>
    const int LargestSquare = 64;
    const int Pairs = 100;

    public static string Write(RoutesResult result, IReadOnlyList<string> notes)
    {
        var page = new PageText();
        page.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.Raw($"<title>Routes of {PageText.Escape(result.Model)}</title>\n<style>\n{Resource("routes.css")}</style>\n</head>\n<body>\n<main>\n");
        page.Raw($"<h1>Routes of {PageText.Escape(result.Model)}</h1>\n<p>{result.Tokens:N0} tokens of {PageText.Escape(string.Join(", ", result.Domains))} through {result.Routers.Count} routers.</p>\n");
        if (result.Text is { } text) TextSection.Write(page, result, text);
        Load(page, result);
        if (result.Domains.Count > 1) Domains(page, result);
        Tokens(page, result);
        CoActivation(page, result);
        Positions(page, result);
        if (result.Saturation.Count > 0)
        {
            page.Section("Router saturation", "Of this model's choices those that an earlier checkpoint makes as well, on the same tokens.");
            page.Table(Tables(result).Single(t => t.Title == "Router saturation") with { Title = "Share of the choices by checkpoint and layer" });
        }
        page.Raw("<h2>Notes</h2>\n<ul>\n");
        foreach (var note in notes) page.Raw($"<li>{PageText.Escape(note)}</li>\n");
        page.Raw("</ul>\n</main>\n</body>\n</html>\n");
        return page.ToString();
    }

    static void Load(PageText page, RoutesResult result)
    {
        page.Section("Load", "How much each expert gets, in percent of an even share: 100 is balanced, 0 is dead.");
        page.Heat("Load by layer and expert", Heads("layer", result.Routers.Max(r => r.Spec.Experts)), result.Routers.Select(r => (r.Name,
            r.Statistics.Load.Select((f, e) => new HeatCell(Percent(f * r.Spec.Experts, "F0"), f * r.Spec.Experts / 2,
                $"layer {r.Name}, expert {Number(e, "F0")}: {Percent(f)} % of all choices, even would be {Percent(1.0 / r.Spec.Experts)} %")))));
        var figures = Tables(result)[0];
        page.Table(figures with { Title = "Figures of the routers", Columns = [.. figures.Columns.SkipLast(1)], Rows = [.. figures.Rows.Select(r => r.SkipLast(1).ToList())] });
    }

    static void Domains(PageText page, RoutesResult result)
    {
        page.Section("Domains", "Of a domain's tokens those that an expert gets, in percent. Without specialisation every cell has the even share.");
        foreach (var r in result.Routers)
        {
            var even = r.Statistics.PerToken / r.Spec.Experts;
            Details(page, result, r, () => page.Heat($"Layer {r.Name}; the even share is {Percent(even)} %", [.. Heads("domain", r.Spec.Experts), "divergence (%)"],
                result.Domains.Select((name, d) => (name, Enumerable.Range(0, r.Spec.Experts).Select(e => new HeatCell(Percent(r.Domains.Share(d, e), "F0"),
                    r.Domains.Share(d, e) / (2 * even), $"{name}, expert {Number(e, "F0")}: {Percent(r.Domains.Share(d, e))} % of the tokens"))
                    .Append(new HeatCell(Percent(r.Domains.Divergence(d)), 0, $"{name} differs from all domains together by {Percent(r.Domains.Divergence(d))} %"))))));
        }
    }

    static void Tokens(PageText page, RoutesResult result)
    {
        page.Section("Tokens", $"The tokens that belong to an expert most: of their places the share that it gets, and their places. Ids with fewer than {Number(result.LeastPlaces, "F0")} places are left out.");
        foreach (var r in result.Routers)
            Details(page, result, r, () =>
            {
                page.Open("", $"Layer {r.Name}", ["expert", "load (%)", "specialisation (%)", "tokens"], words: "tokens");
                for (var e = 0; e < r.Spec.Experts; e++)
                {
                    page.Raw($"<tr><th scope=\"row\">{e}</th><td>{Percent(r.Statistics.Load[e])}</td><td>{Percent(r.Read.Specialisation(e, result.LeastPlaces))}</td><td class=\"words\">");
                    foreach (var id in r.Read.Top(e, result.Top, result.LeastPlaces))
                        page.Raw($"<span><code>{PageText.Escape(result.Names.Alone(id))}</code> {Percent(r.Read.Share(id, e), "F0")} % of {r.Read.Places(id):N0}</span>");
                    page.Raw("</td></tr>\n");
                }
                page.Close();
            });
    }

    static void CoActivation(PageText page, RoutesResult result)
    {
        if (!result.Pairing.Any()) return;
        page.Section("Co-activation", "Of the tokens of the expert in the row those that go to the expert in the column too, in percent.");
        foreach (var r in result.Pairing)
            Details(page, result, r, () =>
            {
                if (r.Spec.Experts <= LargestSquare)
                    page.Heat($"Layer {r.Name}", Heads("expert", r.Spec.Experts), Enumerable.Range(0, r.Spec.Experts).Select(i => (Number(i, "F0"),
                        Enumerable.Range(0, r.Spec.Experts).Select(j => i == j ? new HeatCell("", 0, "the expert itself") : new HeatCell(Percent(r.Pairs.Share(i, j), "F0"),
                            r.Pairs.Share(i, j), $"of the tokens of expert {Number(i, "F0")} {Percent(r.Pairs.Share(i, j))} % go to {Number(j, "F0")} too; by its load alone {Percent(r.Pairs.Expected(j))} %")))));
                else
                    page.Table(new ReportTable($"Layer {r.Name}, the strongest pairs", ["of the tokens of", "go to", "share (%)", "by its load alone (%)"],
                        [.. r.Pairs.Strongest(Pairs, result.LeastPlaces).Select(p => (IReadOnlyList<string>)
                            [Number(p.Of, "F0"), Number(p.With, "F0"), Percent(r.Pairs.Share(p.Of, p.With)), Percent(r.Pairs.Expected(p.With))])]));
            });
    }

    static void Positions(PageText page, RoutesResult result)
    {
        page.Section("Positions", "How loads shift with the position in a window of text" + (result.Drops ? ", and which choices are lost to a capacity." : ". Nothing is lost to a capacity."));
        page.Raw($"<figure role=\"img\" aria-label=\"Load shift by position; the table below has the numbers\">{Chart("load shift (%)", result, (p, b) => p.Divergence(b))}");
        page.Raw("<figcaption>Mean over the routers, and what they range over. Few tokens shift by chance.</figcaption></figure>\n");
        if (result.Drops)
            page.Raw($"<figure role=\"img\" aria-label=\"Dropped choices by position; the table below has the numbers\">{Chart("dropped choices (%)", result, (p, b) => p.DropRate(b))}</figure>\n");
        page.Table(Tables(result).Single(t => t.Title == "Positions") with { Title = "Mean over the routers" });
    }

    static string Chart(string title, RoutesResult result, Func<PositionLoads, int, double> value)
    {
        var runs = result.Routers.Select(r => r.Positions).Select(p =>
        {
            int[] bins = [.. Enumerable.Range(0, p.Bins).Where(b => p.Tokens(b) > 0)];
            return new Curve("", "%", "", [.. bins.Select(b => (double)p.First(b))], [.. bins.Select(b => 100 * value(p, b))]);
        });
        return LineChart.Write(title, "position, from", [ChartLine.Of("routers", [.. runs])], wholeRange: true);
    }

    static void Details(PageText page, RoutesResult result, RouterRoutes router, Action content)
    {
        page.Raw($"<details{(router == result.Routers[result.Shown] ? " open" : "")}><summary>Layer {PageText.Escape(router.Name)}</summary>\n");
        content();
        page.Raw("</details>\n");
    }

    static string[] Heads(string first, int experts) => [first, .. Enumerable.Range(0, experts).Select(e => Number(e, "F0"))];

    internal static string Resource(string name)
    {
        using var stream = typeof(RoutesPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
