using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

public sealed partial class ChatTests(Browser browser, PageServer server)
{
    [Fact]
    public async Task An_answer_comes_in_the_colours_of_its_experts()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();

        await Expect(visit[".turn .question"]).ToHaveTextAsync("What does this method return?");
        var tokens = visit.LastAnswer.Locator(".token");
        Assert.InRange(await tokens.CountAsync(), 2, 300);
        // Never by colour alone: each says its experts in words, and the second one is a line.
        foreach (var title in await tokens.EvaluateAllAsync<string[]>("tokens => tokens.map((token) => token.title)"))
            Assert.Matches(@"^layer 2: expert [0-7] \(\d+ %\), expert [0-7] \(\d+ %\)$", title);
        Assert.Equal(await tokens.CountAsync(), await visit.LastAnswer.Locator(".token.two").CountAsync());
        var hues = await tokens.EvaluateAllAsync<string[]>("tokens => tokens.map((token) => getComputedStyle(token).backgroundColor)");
        Assert.InRange(hues.Distinct().Count(), 2, 8);

        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 2 · 2.00 experts per token");
        await Expect(visit["#context"]).ToContainTextAsync("of 512 tokens of context used");
        // Who does not see it is told the whole answer at its end.
        Assert.Equal((await visit.LastAnswer.Locator(".tokens").TextContentAsync())!.Trim(), (await visit["#status"].TextContentAsync())!.Trim());
    }

    [Fact]
    public async Task Another_layer_colours_the_text_anew()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        var before = await Titles(visit);
        await visit["#layer"].FillAsync("0");
        var after = await Titles(visit);
        Assert.NotEqual(before, after);
        Assert.All(after, title => Assert.StartsWith("layer 0: ", title, StringComparison.Ordinal));
        await Expect(visit["#layer"]).ToHaveAttributeAsync("aria-valuetext", "layer 0, 1 of 4");
        await visit["#load tbody tr:nth-child(4) button"].ClickAsync();
        Assert.All(await Titles(visit), title => Assert.StartsWith("layer 3: ", title, StringComparison.Ordinal));

        // One expert's tokens stand out.
        var expert = ExpertOf((await Titles(visit))[0]);
        await visit["#legend button"].Nth(expert).ClickAsync();
        var (own, others) = (visit.LastAnswer.Locator(".token:not(.other)"), visit.LastAnswer.Locator(".token.other"));
        Assert.All(await own.EvaluateAllAsync<string[]>("tokens => tokens.map((token) => token.title)"), title => Assert.Contains($"expert {expert} ", title, StringComparison.Ordinal));
        Assert.All(await others.EvaluateAllAsync<string[]>("tokens => tokens.map((token) => token.title)"), title => Assert.DoesNotContain($"expert {expert} ", title, StringComparison.Ordinal));

        await visit["#numbers"].CheckAsync();
        Assert.Matches(@"^[0-7]·[0-7]$", await visit.LastAnswer.Locator(".token").First.GetAttributeAsync("data-experts"));
    }

    [Fact]
    public async Task The_text_is_followed_unless_its_reader_looks_at_what_came_before()
    {
        await using var visit = await Visit.Open(browser, server, height: 500);
        for (var i = 0; i < 4; i++) await visit.Ask();
        Assert.InRange(await Below(), 0, 2);
        await visit.Lengthen();
        await visit["#question"].FillAsync("What does this method return?");
        await visit["#question"].PressAsync("Enter");
        await visit.LastAnswer.Locator(".token").First.WaitForAsync();
        await visit["#log"].EvaluateAsync("log => log.scrollTop = 0");
        await visit.Answered();
        Assert.InRange(await visit["#log"].EvaluateAsync<int>("log => log.scrollTop"), 0, 2);

        Task<int> Below() => visit["#log"].EvaluateAsync<int>("log => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)");
    }

    [Fact]
    public async Task Tokens_are_a_table_as_well()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        await visit.LastAnswer.Locator("summary").ClickAsync();
        var table = visit.LastAnswer.GetByRole(AriaRole.Table, new() { Name = "Experts by token and layer" });
        await Expect(table.GetByRole(AriaRole.Columnheader)).ToHaveTextAsync(["token", "layer 0", "layer 1", "layer 2", "layer 3"]);
        Assert.Equal(await visit.LastAnswer.Locator(".token").CountAsync(), await table.Locator("tbody tr").CountAsync());
        Assert.Matches(@"^[0-7] \(\d+ %\), [0-7] \(\d+ %\)$", await table.Locator("td").First.TextContentAsync());
    }

    [Fact]
    public async Task An_answer_can_be_stopped_and_the_conversation_goes_on_and_begins_anew()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit["#open-settings"].ClickAsync();
        await visit["#max-tokens"].FillAsync("400");
        await visit["#system"].FillAsync("You write documentation.");
        await visit["#settings"].GetByText("Done").ClickAsync();
        await visit.Lengthen();
        await visit["#question"].FillAsync("What does this method return?");
        await visit["#question"].PressAsync("Enter");
        await visit[".token"].Nth(3).WaitForAsync();
        await visit["#stop"].ClickAsync();
        await visit.Answered();
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("stopped");
        Assert.InRange(await visit[".token"].CountAsync(), 4, 399);
        await Expect(visit["#question"]).ToBeFocusedAsync();

        // The next request has the whole conversation.
        var request = visit.Page.WaitForRequestAsync("**/v1/chat/completions");
        await visit["#question"].FillAsync("And then?");
        await visit["#question"].PressAsync("Enter");
        var messages = (await request).PostDataJSON()!.Value.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString());
        Assert.Equal(["system", "user", "assistant", "user"], messages);
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Answered();

        await visit["#new"].ClickAsync();
        await Expect(visit[".turn"]).ToHaveCountAsync(0);
        await Expect(visit["#empty"]).ToBeVisibleAsync();
        await Expect(visit["#load-note"]).ToHaveTextAsync("Nothing has been counted yet.");
    }

    static Task<string[]> Titles(Visit visit) => visit.LastAnswer.Locator(".token").EvaluateAllAsync<string[]>("tokens => tokens.map((token) => token.title)");

    static int ExpertOf(string title) => int.Parse(FirstExpert.Match(title).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"expert (\d+)")]
    private static partial Regex FirstExpert { get; }
}
