using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>The coloured text of the page with the choice of a router.</summary>
static class TextSection
{
    public static void Write(PageText page, RoutesResult result, ColouredText text)
    {
        page.Section("Text", "Every token in the colour of its first expert, whose number stands behind it; pointing at a token tells all its experts with their weights.");
        page.Raw("<p><label for=\"router\">Layer </label><select id=\"router\">\n");
        foreach (var (router, i) in result.Routers.Select((r, i) => (r, i)))
            page.Raw($"<option{(i == result.Shown ? " selected" : "")}>{PageText.Escape(router.Name)}</option>\n");
        page.Raw("</select></p>\n<div id=\"text\">");
        for (var t = 0; t < text.Tokens.Count; t++) Token(page, result.Names.InText(text.Tokens[t]), text.Routes[result.Shown][t]);
        // The default encoder leaves nothing in JSON that could end a script.
        page.Raw($"</div>\n<script type=\"application/json\" id=\"routes-of-text\">{Json(text)}</script>\n");
        page.Raw($"<script type=\"module\">\n{RoutesPage.Resource("routes.js")}</script>\n");
    }

    static void Token(PageText page, string text, ColouredRoute route)
    {
        var (words, end) = text.EndsWith('\n') ? (text[..^1], "\n") : (text, "");
        var (colour, mark) = route.First < 0 ? (" class=\"none\"", "–") : ($" style=\"--h:{RoutesReport.Number(route.First * 137.508 % 360, "0")}\"", RoutesReport.Number(route.First, "F0"));
        page.Raw($"<span{colour} title=\"{PageText.Escape(Title(route))}\">{PageText.Escape(words)}<sub>{mark}</sub></span>{end}");
    }

    static string Title(ColouredRoute route) => route.First < 0 ? "no expert"
        : string.Join(", ", route.Chosen.Select((e, i) => $"expert {RoutesReport.Number(e, "F0")}: {RoutesReport.Number(route.Weights[i], "0.###")}"));

    // Per router and token [experts, weights].
    static string Json(ColouredText text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var routes in text.Routes)
            {
                json.WriteStartArray();
                foreach (var route in routes)
                {
                    json.WriteStartArray();
                    json.WriteStartArray();
                    foreach (var e in route.Chosen) json.WriteNumberValue(e);
                    json.WriteEndArray();
                    json.WriteStartArray();
                    foreach (var w in route.Weights) json.WriteNumberValue(Math.Round((double)w, 3));
                    json.WriteEndArray();
                    json.WriteEndArray();
                }
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
