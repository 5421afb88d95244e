using System.Text;

namespace Moesaic.Page.Tests;

public sealed class PageServer
{
    public Task<Uri> Address() => Task.FromResult(new Uri("http://127.0.0.1:8123/"));

    /// <summary>Takes back what a test set.</summary>
    public async ValueTask Reset()
    {
        using var client = new HttpClient { BaseAddress = await Address() };
        using var body = new StringContent("null", Encoding.UTF8, "application/json");
        using var response = await client.PutAsync("moesaic/policy", body);
        response.EnsureSuccessStatusCode();
    }
}
