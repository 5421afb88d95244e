using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

public sealed class LoadTests(Browser browser, PageServer server)
{
    [Fact]
    public async Task The_heat_map_is_a_table_of_what_the_tokens_say()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        var table = visit.Page.GetByRole(AriaRole.Table, new() { Name = "Percent of an even share, by layer and expert" });
        await Expect(table.GetByRole(AriaRole.Columnheader)).ToHaveTextAsync(["layer", "0", "1", "2", "3", "4", "5", "6", "7"]);
        await Expect(table.GetByRole(AriaRole.Rowheader)).ToHaveTextAsync(["0", "1", "2", "3"]);

        await visit["#layer"].FillAsync("3");
        var titles = await visit.LastAnswer.Locator(".token").EvaluateAllAsync<string[]>("tokens => tokens.map((token) => token.title)");
        var cells = await Row(visit, 4);
        for (var expert = 0; expert < 8; expert++)
        {
            var share = titles.Count(title => title.Contains($"expert {expert} ", StringComparison.Ordinal)) / (2.0 * titles.Length);
            Assert.Equal(100 * 8 * share, cells[expert], 1.0);
        }
        Assert.Equal(800, cells.Sum(), 8.0);
        var shades = await visit["#load tbody tr:nth-child(4) td"].EvaluateAllAsync<string[]>("cells => cells.map((cell) => getComputedStyle(cell).backgroundColor)");
        Assert.NotEqual(shades[cells.IndexOf(cells.Max())], shades[cells.IndexOf(cells.Min())]);
    }

    [Fact]
    public async Task The_server_has_counted_since_its_start()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        await visit["#scope"].SelectOptionAsync("server");
        await Expect(visit["#load-note"]).ToContainTextAsync("choices.");
        await Expect(visit["#load tbody td"].First).Not.ToBeEmptyAsync();
        Assert.Equal(800, (await Row(visit, 1)).Sum(), 8.0);
    }

    static async Task<List<double>> Row(Visit visit, int row) =>
    [
        .. (await visit[$"#load tbody tr:nth-child({row}) td"].AllTextContentsAsync()).Select(text => double.Parse(text, CultureInfo.InvariantCulture)),
    ];
}
