using System.Text;
using System.Text.RegularExpressions;

namespace Moesaic.Page.Tests;

/// <summary>What tests put between the page and its server.</summary>
static class Arrangements
{
    /// <summary>Answers requests to a path instead of the server.</summary>
    public static Task Answer(this Visit visit, string path, string method, int status, string body, params (string Name, string Value)[] headers)
    {
        // The browser itself tells of failures, too.
        if (status >= 400) visit.Causes.Add($"status of {status}");
        return visit.Page.RouteAsync("**/" + path, route => route.Request.Method == method
            ? route.FulfillAsync(new() { Status = status, Body = body, Headers = headers.Select(h => KeyValuePair.Create(h.Name, h.Value)) })
            : route.ContinueAsync());
    }

    /// <summary>Answers have no end but as many tokens as they may have, and come as slowly as those of a large model.</summary>
    public static async Task Lengthen(this Visit visit)
    {
        await visit.SlowDown(20_000);
        await visit.Page.RouteAsync("**/v1/chat/completions", route => route.ContinueAsync(new()
        {
            PostData = Encoding.UTF8.GetBytes(route.Request.PostData!.Replace("\"stream\":true", "\"logit_bias\":{\"4093\":-100},\"stream\":true", StringComparison.Ordinal)),
        }));
    }

    /// <summary>Changes the server's answers: what matches a pattern is replaced.</summary>
    public static Task Change(this Visit visit, string path, string pattern, string replacement) =>
        visit.Page.RouteAsync("**/" + path, async route =>
        {
            var response = await route.FetchAsync();
            var body = await response.TextAsync();
            var changed = Regex.Replace(body, pattern, replacement, RegexOptions.Singleline);
            Assert.NotEqual(body, changed);
            await route.FulfillAsync(new() { Response = response, Body = changed });
        });
}
