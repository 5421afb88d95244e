using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Moesaic.Page.Tests;

/// <summary>
/// The page in a tab of its own. At the end of the visit nothing may have left the server's origin, and nothing may have been written to the
/// console: no error, no refusal by the content security policy.
/// </summary>
sealed class Visit : IAsyncDisposable
{
    readonly ConcurrentQueue<string> faults = new();
    readonly IBrowserContext context;

    Visit(IBrowserContext context, IPage page, Uri address)
    {
        (this.context, Page, Address) = (context, page, address);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(address.AbsoluteUri, StringComparison.Ordinal)) faults.Enqueue($"asked for {request.Url}");
        };
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" && !Expected(message.Text)) faults.Enqueue($"{message.Type} in the console: {message.Text}");
        };
        page.PageError += (_, error) => faults.Enqueue($"not caught: {error}");
    }

    public IPage Page { get; }

    public Uri Address { get; }

    /// <summary>Parts of lines of the console that the test causes on purpose.</summary>
    public List<string> Causes { get; } = [];

    /// <summary>Opens the page.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="server">Its server.</param>
    /// <param name="scheme">Light or dark.</param>
    /// <param name="width">Of the window, in pixels.</param>
    /// <param name="height">The same; null: as is usual.</param>
    /// <param name="before">What is arranged before the page is asked for.</param>
    public static async Task<Visit> Open(Browser browser, PageServer server, ColorScheme scheme = ColorScheme.Light, int width = 1360, int? height = null, Func<Visit, Task>? before = null)
    {
        var phone = width < 500;
        var context = await browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height ?? (phone ? 740 : 860) }, ColorScheme = scheme, IsMobile = phone, HasTouch = phone,
            ReducedMotion = ReducedMotion.Reduce, DeviceScaleFactor = phone ? 2 : 1,
        });
        context.SetDefaultTimeout(60_000);
        var visit = new Visit(context, await context.NewPageAsync(), server.Address);
        if (before is not null) await before(visit);
        await visit.Page.GotoAsync(visit.Address.AbsoluteUri);
        return visit;
    }

    public ILocator this[string selector] => Page.Locator(selector);

    /// <summary>The answer that is shown of the last question.</summary>
    public ILocator LastAnswer => Page.Locator(".turn").Last.Locator(".answer");

    /// <summary>Asks, and waits for the answer's end.</summary>
    /// <param name="question">What.</param>
    /// <param name="seed">The same answer each time; null: as the page draws it.</param>
    public async Task Ask(string question = "What does this method return?", int? seed = 1)
    {
        if (seed is not null) await Page.EvaluateAsync("seed => document.getElementById('seed').value = seed", seed);
        await this["#question"].FillAsync(question);
        await this["#question"].PressAsync("Enter");
        await Answered();
    }

    /// <summary>Lets no more than so many bytes a second through.</summary>
    public async Task SlowDown(int bytesPerSecond)
    {
        var session = await context.NewCDPSessionAsync(Page);
        await session.SendAsync("Network.emulateNetworkConditions", new Dictionary<string, object>
        {
            ["offline"] = false, ["latency"] = 0, ["downloadThroughput"] = bytesPerSecond, ["uploadThroughput"] = -1,
        });
    }

    /// <summary>Asks the last question again, and waits for the answer's end.</summary>
    public async Task AskAgain()
    {
        await Page.GetByRole(AriaRole.Button, new() { Name = "Ask again" }).ClickAsync();
        await Answered();
    }

    /// <summary>Waits until no answer is being written.</summary>
    public async Task Answered()
    {
        await this["#send"].WaitForAsync();
        // Figures are shown at intervals.
        await Page.WaitForTimeoutAsync(300);
    }

    /// <summary>Keeps what is seen, beside the binaries.</summary>
    public async Task Keep(string name)
    {
        var folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "page"));
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }

    /// <summary>The page is no wider than the window.</summary>
    public async Task AssertNothingSticksOut() =>
        Assert.True(await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth") <= 0, "the page is wider than the window");

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.Empty(faults);
    }

    bool Expected(string text) => Causes.Exists(cause => text.Contains(cause, StringComparison.Ordinal));
}
