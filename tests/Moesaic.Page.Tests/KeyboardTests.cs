using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

/// <summary>Nothing but keys.</summary>
public sealed class KeyboardTests(Browser browser, PageServer server) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => server.Reset();

    [Fact]
    public async Task Everything_can_be_done_by_keyboard()
    {
        await using var visit = await Visit.Open(browser, server);
        var keys = visit.Page.Keyboard;
        await Expect(visit["#question"]).ToBeFocusedAsync();
        await keys.TypeAsync("What does");
        await keys.PressAsync("Shift+Enter");
        await keys.TypeAsync("this method return?");
        await keys.PressAsync("Enter");
        await visit.Answered();
        await Expect(visit[".turn .question"]).ToHaveTextAsync("What does\nthis method return?");
        await Expect(visit["#question"]).ToBeFocusedAsync();

        // Back into the answer, from token to token and from layer to layer.
        await Back(visit, ".tokens");
        await keys.PressAsync("ArrowRight");
        await keys.PressAsync("ArrowRight");
        Assert.Equal(1, await visit.LastAnswer.Locator(".token").EvaluateAllAsync<int>("tokens => tokens.findIndex((token) => token.classList.contains('here'))"));
        await Expect(visit["#token"]).ToContainTextAsync("layer 2: expert ");
        await keys.PressAsync("ArrowUp");
        await Expect(visit["#token"]).ToContainTextAsync("layer 3: expert ");
        await Expect(visit["#way .tile"]).ToHaveCountAsync(8);
        await keys.PressAsync("Home");
        await keys.PressAsync("End");
        await Expect(visit.LastAnswer.Locator(".token").Last).ToHaveClassAsync(new System.Text.RegularExpressions.Regex("here"));

        await Back(visit, "#layer");
        await keys.PressAsync("ArrowLeft");
        await Expect(visit["#layer-number"]).ToHaveTextAsync("2");

        // Another k, and the same question again.
        await Forward(visit, "#chosen input");
        await keys.PressAsync("ArrowLeft");
        await Expect(visit["#chosen input[value='1']"]).ToBeCheckedAsync();
        await Back(visit, "button.small:last-child");
        await keys.PressAsync("Enter");
        await visit.Answered();
        await Expect(visit.LastAnswer.Locator(".foot")).ToContainTextAsync("k = 1");
        await Forward(visit, "#chosen input");
        await keys.PressAsync("ArrowRight");
        await Expect(visit["#chosen input[value='2']"]).ToBeCheckedAsync();

        await Back(visit, "#open-settings");
        await keys.PressAsync("Enter");
        await Expect(visit["#settings"]).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await Expect(visit["#open-settings"]).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Everything_that_can_be_used_has_a_name()
    {
        await using var visit = await Visit.Open(browser, server);
        await visit.Ask();
        var nameless = await visit.Page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll("button, input, select, textarea, [tabindex='0']")]
              .filter((one) => !(one.labels?.length > 0 || one.ariaLabel || one.textContent.trim()))
              .map((one) => one.outerHTML)
            """);
        Assert.Empty(nameless);
        Assert.Equal("en", await visit["html"].GetAttributeAsync("lang"));
        foreach (var role in new[] { AriaRole.Banner, AriaRole.Main, AriaRole.Complementary })
            await Expect(visit.Page.GetByRole(role)).ToHaveCountAsync(1);
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Moesaic");
    }

    static Task Forward(Visit visit, string selector) => GoTo(visit, selector, "Tab");

    static Task Back(Visit visit, string selector) => GoTo(visit, selector, "Shift+Tab");

    static async Task GoTo(Visit visit, string selector, string key)
    {
        for (var presses = 0; presses < 60; presses++)
        {
            await visit.Page.Keyboard.PressAsync(key);
            if (!await visit.Page.EvaluateAsync<bool>("selector => document.activeElement.matches(selector)", selector)) continue;
            // Who walks by keys sees where they are.
            Assert.NotEqual("none", await visit.Page.EvaluateAsync<string>("""
                () => getComputedStyle(document.activeElement.matches("#chosen input") ? document.activeElement.nextElementSibling : document.activeElement).outlineStyle
                """));
            return;
        }
        Assert.Fail($"{key} does not reach {selector}");
    }
}
