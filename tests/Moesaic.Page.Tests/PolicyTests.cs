using System.Globalization;
using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

public sealed class PolicyTests(Browser browser, PageServer server) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => server.Reset();

    [Fact]
    public async Task Another_k_works_at_once_and_its_effect_stands_beside_what_was_before()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        await Expect(visit["#effect tbody tr"]).ToHaveCountAsync(1);

        await Choose(visit, 1);
        await visit.AskAgain();
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 1 · 1.00 experts per token");
        await Expect(visit.LastAnswer.Locator(".token.two")).ToHaveCountAsync(0);
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("than before from token");
        await visit.Keep("effect");

        var rows = await visit["#effect tbody tr"].EvaluateAllAsync<string[][]>("rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))");
        Assert.Equal(["k = 2", "k = 1"], rows.Select(row => row[0]));
        Assert.Equal(["2.00", "1.00"], rows.Select(row => row[2]));
        Assert.All(rows, row => Assert.InRange(double.Parse(row[3], NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture), 0.1, 1e6));
        Assert.Matches(@"^× \d+\.\d\d$", rows[1][4]);

        // The answers stand side by side, and what was there before is there still.
        await visit["button[title='The answer before']"].ClickAsync();
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 2");
    }

    [Fact]
    public async Task Only_the_experts_make_a_difference_between_answers_under_different_k()
    {
        await using var visit = await Visit.Open(browser, server);
        var seeds = new List<long>();
        visit.Page.Request += (_, request) =>
        {
            if (request.Url.EndsWith("/completions", StringComparison.Ordinal)) seeds.Add(request.PostDataJSON()!.Value.GetProperty("seed").GetInt64());
        };
        await visit.Ask(seed: null);
        await Choose(visit, 1);
        await visit.AskAgain();
        await visit.AskAgain();
        await visit.Ask(seed: null);
        await visit.Ask(seed: 7);
        Assert.Equal(seeds[0], seeds[1]);
        Assert.Equal(4, seeds.Distinct().Count());
        Assert.Equal(7, seeds[^1]);
    }

    [Fact]
    public async Task A_change_in_the_middle_of_an_answer_parts_its_figures()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Lengthen();
        await visit["#question"].FillAsync("What does this method return?");
        await visit["#question"].PressAsync("Enter");
        await visit[".token"].Nth(3).WaitForAsync();
        await Choose(visit, 1);
        await Expect(visit["#effect tbody tr"]).ToHaveCountAsync(2);
        await visit["#stop"].ClickAsync();
        await visit.Answered();
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 2, then k = 1");
        await Expect(visit["#effect tbody th"]).ToHaveTextAsync(["k = 2", "k = 1"]);
    }

    [Fact]
    public async Task What_is_set_holds_for_all_who_use_the_server_until_it_is_taken_back()
    {
        await using (var visit = await Visit.Open(browser, server))
        {
            await Choose(visit, 1);
            await visit["#share"].FillAsync("70");
            await Expect(visit["#share-value"]).ToHaveTextAsync("70 %");
            await visit["#share"].DispatchEventAsync("change");
            await Expect(visit["#policy-problem"]).ToBeEmptyAsync();
        }
        await using var other = await Visit.Open(browser, server);
        await Expect(other["#chosen input[value='1']"]).ToBeCheckedAsync();
        await Expect(other["#share-value"]).ToHaveTextAsync("70 %");
        await other.Ask();
        await Expect(other.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 1, share 70 %");

        await Choose(other, 2);
        await other["#share"].FillAsync("100");
        await other["#share"].DispatchEventAsync("change");
        await Expect(other["#share-value"]).ToHaveTextAsync("all");
        await other.Page.ReloadAsync();
        await Expect(other["#chosen input[value='2']"]).ToBeCheckedAsync();
    }

    [Fact]
    public async Task A_server_may_keep_its_policy_to_itself()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Change("moesaic/model", "\"policy_changes\":true", "\"policy_changes\":false"));
        await Expect(visit["#policy-locked"]).ToBeVisibleAsync();
        await Expect(visit["#chosen input"].First).ToBeDisabledAsync();
    }

    [Fact]
    public async Task A_refused_policy_is_told_and_what_holds_is_shown()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Answer("moesaic/policy", "PUT", 403, """{"error":{"message":"Policies may not be changed here."}}"""));
        await visit["#chosen label"].First.ClickAsync();
        await Expect(visit["#policy-problem"]).ToHaveTextAsync("Policies may not be changed here.");
        await Expect(visit["#chosen input[value='2']"]).ToBeCheckedAsync();
    }

    static async Task Choose(Visit visit, int k)
    {
        var done = visit.Page.WaitForResponseAsync(response => response.Request.Method == "PUT");
        await visit["#chosen label"].Nth(k - 1).ClickAsync();
        Assert.True((await done).Ok);
    }
}
