using System.Text.RegularExpressions;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation.Routes;

namespace Moesaic.Methods.Tests.Evaluation.Routes;

public sealed partial class RoutesPageTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    string Page()
    {
        var path = folder["<script>alert(1)</script>&.txt".Replace("/", "", StringComparison.Ordinal)];
        if (!File.Exists(path)) File.WriteAllText(path, "<i>\"cats\"</i> & dogs \u001b[31m <!-- </script>");
        new RoutesStep(new RoutesStepOptions
        {
            Data = [new NamedDataOptions { Path = folder.Text }, new NamedDataOptions { Path = path }], LeastPlaces = 1, Top = 500,
            Text = new ColouredTextOptions { Text = "</script><img src=x onerror=alert(1)>\u001b]0;title\u0007 \u202e" },
        }).Run(folder.StepContext(folder.Model));
        return File.ReadAllText(folder["work/result/routes/routes.html"]);
    }

    [Fact]
    public void Text_from_outside_is_never_markup()
    {
        var page = Page();
        Assert.Equal(2, Regex.Count(page, "<script"));
        Assert.Equal(2, Regex.Count(page, "</script"));
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<!--", page, StringComparison.Ordinal);
        Assert.DoesNotContain(page, c => c != '\n' && char.IsControl(c));
        Assert.DoesNotContain('\u202e', page);
    }

    [Fact]
    public void It_needs_nothing_from_elsewhere()
    {
        var page = Page();
        Assert.DoesNotMatch(Requests(), page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_opened_element_is_closed()
    {
        var page = Scripts().Replace(Page(), "");
        string[] single = ["meta", "!DOCTYPE", "line", "rect", "polyline", "polygon", "path"];
        var open = new Stack<string>();
        foreach (Match tag in Tags().Matches(page))
        {
            var name = tag.Groups[2].Value;
            if (single.Contains(name)) continue;
            if (tag.Groups[1].Length == 0) open.Push(name);
            else Assert.Equal(open.Pop(), name);
        }
        Assert.Empty(open);
    }

    [Fact]
    public void Colours_are_never_alone()
    {
        var page = Page();
        var tokens = TextTokens().Matches(page);
        Assert.NotEmpty(tokens);
        Assert.All(tokens, t => Assert.Contains("title=\"expert ", t.Value, StringComparison.Ordinal));
        Assert.All(HeatCells().Matches(page), c => Assert.Contains("title=\"", c.Value, StringComparison.Ordinal));
    }

    [GeneratedRegex("(src|href)=|url\\((?!#)|https?://|@import|fetch\\(|XMLHttp")]
    private static partial Regex Requests();

    [GeneratedRegex("<(script|style).*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex Scripts();

    [GeneratedRegex("<(/?)([!\\w]+)[^>]*>")]
    private static partial Regex Tags();

    [GeneratedRegex("<span[^>]*>[^<]*<sub>\\d+</sub></span>")]
    private static partial Regex TextTokens();

    [GeneratedRegex("<td style[^>]*>")]
    private static partial Regex HeatCells();
}
