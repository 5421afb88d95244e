using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

public sealed class SchemeTests(Browser browser, PageServer server)
{
    [Theory]
    [InlineData(ColorScheme.Light, 1360, "light")]
    [InlineData(ColorScheme.Dark, 1360, "dark")]
    [InlineData(ColorScheme.Light, 360, "phone-light")]
    [InlineData(ColorScheme.Dark, 360, "phone-dark")]
    public async Task Everything_can_be_read(ColorScheme scheme, int width, string name)
    {
        await using var visit = await Visit.Open(browser, server, scheme, width);
        await Expect(visit["#empty-title"]).ToHaveTextAsync("Watch the experts at work");
        await Checked("empty");

        await visit.Ask();
        await Checked("answer");

        await visit["#numbers"].CheckAsync();
        await visit.LastAnswer.Locator(".token").Nth(4).ClickAsync();
        await Expect(visit["#token"]).ToContainTextAsync("expert ");
        await visit["#legend button"].First.ClickAsync();
        await Checked("numbers");

        if (width < 500)
        {
            await Expect(visit["#experts"]).ToBeHiddenAsync();
            await visit["#show-experts"].ClickAsync();
            await Expect(visit["#experts"]).ToBeVisibleAsync();
            await Expect(visit["#chat"]).ToBeHiddenAsync();
            await Checked("experts");
        }
        await visit["#open-settings"].ClickAsync();
        await Checked("settings");

        async Task Checked(string what)
        {
            await visit.AssertNothingSticksOut();
            Assert.Empty(await Contrast.Low(visit.Page));
            await visit.Keep($"{name}-{what}");
        }
    }
}
