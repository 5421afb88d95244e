using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

public sealed class KeyTests(Browser browser, PageServer server)
{
    const string Key = "a-key-of-sixteen-characters-or-more";

    [Fact]
    public async Task A_key_is_asked_for_once_and_kept_for_the_tab()
    {
        await using var visit = await Visit.Open(browser, server, before: Guard);
        await Expect(visit["#key-dialog"]).ToBeVisibleAsync();
        await Expect(visit["#key-refused"]).ToBeHiddenAsync();
        await visit.Keep("key");
        await visit["#key"].FillAsync("wrong");
        await visit["#key"].PressAsync("Enter");
        await Expect(visit["#key-refused"]).ToBeVisibleAsync();
        await visit["#key"].FillAsync(Key);
        await visit["#key"].PressAsync("Enter");
        await visit.Ask();
        await Expect(visit.LastAnswer.Locator(".token")).Not.ToHaveCountAsync(0);
        Assert.Equal(Key, await visit.Page.EvaluateAsync<string>("sessionStorage.getItem('moesaic-api-key')"));
        Assert.Equal(0, await visit.Page.EvaluateAsync<int>("localStorage.length"));
        await visit.Page.ReloadAsync();
        await Expect(visit["#empty-title"]).ToHaveTextAsync("Watch the experts at work");
    }

    [Fact]
    public async Task Who_has_no_key_is_told_and_may_try_again()
    {
        await using var visit = await Visit.Open(browser, server, before: Guard);
        await visit["#key-dialog"].GetByText("Cancel").ClickAsync();
        await Expect(visit["#empty-text"]).ToHaveTextAsync("This server answers only to those who have its API key.");
        await visit["#retry"].ClickAsync();
        await Expect(visit["#key-dialog"]).ToBeVisibleAsync();
    }

    // The server without a key, behind a guard that asks for one.
    static async Task Guard(Visit visit)
    {
        visit.Causes.Add("status of 401");
        foreach (var guarded in new[] { "**/moesaic/*", "**/v1/**" })
            await visit.Page.RouteAsync(guarded, async route =>
            {
                if (await route.Request.HeaderValueAsync("Authorization") == $"Bearer {Key}") await route.ContinueAsync();
                else await route.FulfillAsync(new() { Status = 401, Body = """{"error":{"message":"The key is wrong."}}""" });
            });
    }
}
