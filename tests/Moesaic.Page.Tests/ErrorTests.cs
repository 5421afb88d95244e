using static Microsoft.Playwright.Assertions;

namespace Moesaic.Page.Tests;

/// <summary>What goes wrong is said in a sentence, and the page goes on.</summary>
public sealed class ErrorTests(Browser browser, PageServer server)
{
    const string Chat = "v1/chat/completions";

    [Fact]
    public async Task A_full_queue_says_when_to_try_again()
    {
        await using var visit = await Visit.Open(browser, server, before: v =>
            v.Answer(Chat, "POST", 429, """{"error":{"message":"All places of the queue are taken"}}""", ("Retry-After", "3")));
        await visit.Ask();
        await Expect(visit.LastAnswer.Locator(".problem")).ToHaveTextAsync("All places of the queue are taken. Try again in 3 seconds.");
        await visit.Page.UnrouteAllAsync();
        await visit.AskAgain();
        await Expect(visit.LastAnswer.Locator(".token")).Not.ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_refused_by_the_server_and_told()
    {
        await using var visit = await Visit.Open(browser, server);
        visit.Causes.Add("status of 400");
        await visit.Ask(string.Concat(Enumerable.Repeat("a long question ", 300)));
        await Expect(visit.LastAnswer.Locator(".problem")).ToContainTextAsync("512");
    }

    [Fact]
    public async Task What_had_come_before_a_failure_stays()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Answer(Chat, "POST", 200, """
            data: {"choices":[{"index":0,"delta":{"content":"Half"},"moesaic":{"tokens":[{"id":1,"text":"Half","layers":[{"layer":2,"experts":[5],"weights":[1]}]}]}}]}

            data: {"error":{"message":"The model has stopped"}}


            """, ("Content-Type", "text/event-stream")));
        await visit.Ask();
        await Expect(visit.LastAnswer.Locator(".tokens")).ToHaveTextAsync("Half");
        await Expect(visit.LastAnswer.Locator(".problem")).ToHaveTextAsync("The model has stopped.");
    }

    [Fact]
    public async Task A_server_that_is_gone_is_told()
    {
        await using var visit = await Visit.Open(browser, server);
        visit.Causes.Add("ERR_");
        await visit.Page.RouteAsync("**/" + Chat, route => route.AbortAsync("connectionrefused"));
        await visit.Ask();
        await Expect(visit.LastAnswer.Locator(".problem")).ToHaveTextAsync("The server cannot be reached. Is it still running?");
    }

    [Fact]
    public async Task An_answer_without_its_end_is_no_whole_answer()
    {
        await using var visit = await Visit.Open(browser, server, before: v =>
            v.Answer(Chat, "POST", 200, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half\"}}]}\n\n", ("Content-Type", "text/event-stream")));
        await visit.Ask();
        await Expect(visit.LastAnswer.Locator(".problem")).ToHaveTextAsync("The answer broke off: the server closed the connection.");
    }

    [Fact]
    public async Task The_page_waits_for_a_model_that_is_being_read()
    {
        var asked = 0;
        await using var visit = await Visit.Open(browser, server, before: v =>
        {
            v.Causes.Add("status of 503");
            return v.Page.RouteAsync("**/moesaic/model", route => asked++ == 0
                ? route.FulfillAsync(new() { Status = 503, Body = """{"error":{"message":"The model is being loaded."}}""" }) : route.ContinueAsync());
        });
        await Expect(visit["#empty-text"]).ToHaveTextAsync("The model is being loaded.");
        await Expect(visit["#empty-title"]).ToHaveTextAsync("Watch the experts at work");
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task No_model_at_all_can_be_tried_again()
    {
        await using var visit = await Visit.Open(browser, server, before: v => v.Answer("moesaic/model", "GET", 500, "no JSON"));
        await Expect(visit["#empty-text"]).ToHaveTextAsync("The server answered 500 Internal Server Error.");
        await visit.Page.UnrouteAllAsync();
        await visit["#retry"].ClickAsync();
        await visit.Ask();
    }
}
