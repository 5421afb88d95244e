using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

/// <summary>Models that have less to show.</summary>
public sealed class OtherModelTests(Browser browser, PageServer server)
{
    [Fact]
    public async Task A_dense_model_only_chats()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Change("moesaic/model", "\"mixtures\":\\[.*?\\]", "\"mixtures\":[]"));
        await Expect(visit["#empty-text"]).ToContainTextAsync("dense");
        foreach (var part in new[] { "#experts", "#look", "#inspected", "#show-experts" }) await Expect(visit[part]).ToBeHiddenAsync();
        var request = visit.Page.WaitForRequestAsync("**/v1/chat/completions");
        await visit.Ask();
        Assert.False((await request).PostDataJSON()!.Value.TryGetProperty("moesaic", out _));
        Assert.NotEmpty((await visit.LastAnswer.Locator(".tokens").TextContentAsync())!);
        await Expect(visit.LastAnswer.Locator(".token")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_model_without_chat_template_continues_text()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Change("moesaic/model", "\"chat\":true", "\"chat\":false"));
        await Expect(visit["#send"]).ToHaveTextAsync("Continue");
        await visit.Ask("Returns the number of");
        var first = await visit.LastAnswer.Locator(".tokens").TextContentAsync();
        Assert.NotEmpty(first!);
        await Expect(visit.LastAnswer.Locator(".token")).Not.ToHaveCountAsync(0);
        await visit.Keep("text");

        // Nothing to add: it goes on from all that is there.
        var request = visit.Page.WaitForRequestAsync("**/v1/completions");
        await visit.Ask("");
        Assert.Equal("Returns the number of" + first, (await request).PostDataJSON()!.Value.GetProperty("prompt").GetString());
    }
}
