using System.Net;
using System.Text;
using Moesaic.Formats;

namespace Moesaic.Server.Tests.Security;

public class SecurityTests
{
    const string Key = "0123456789abcdef0123";

    static async Task<HttpResponseMessage> SendAsync(RunningServer server, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post) request.Content = new StringContent("""{"prompt": "a", "max_tokens": 1}""", Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await server.Client.SendAsync(request);
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:80", 200)]
    [InlineData("127.0.0.1:9999", 200)]
    [InlineData("127.0.0.2", 200)]
    [InlineData("[::1]:8080", 200)]
    [InlineData("models.example.org:8080", 200)]
    [InlineData("evil.example.org", 421)]
    [InlineData("localhost.evil.example.org", 421)]
    [InlineData("127.0.0.1.evil.example.org", 421)]
    [InlineData("192.168.1.5", 421)]
    [InlineData("[2001:db8::1]", 421)]
    public async Task Only_its_own_names_are_known(string host, int expected)
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { HostNames = ["models.example.org"] });
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/"), (HttpMethod.Get, "/health"), (HttpMethod.Get, "/v1/models"), (HttpMethod.Post, "/v1/completions"), (HttpMethod.Get, "/nothing") })
        {
            using var response = await SendAsync(server, method, path, ("Host", host));
            Assert.Equal(path == "/nothing" && expected == 200 ? 404 : expected, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task It_listens_by_the_newer_protocol_too()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Host = "::1" });
        Assert.Equal("[::1]", server.Server.Addresses[0].Host);
        using var own = await SendAsync(server, HttpMethod.Get, "/v1/models");
        using var other = await SendAsync(server, HttpMethod.Get, "/v1/models", ("Host", "evil.example.org"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.MisdirectedRequest), (own.StatusCode, other.StatusCode));
    }

    [Theory]
    [InlineData("http://evil.example.org", 403)]
    [InlineData("null", 403)]
    [InlineData("http://localhost:1", 403)]
    [InlineData("https://page.example.org.evil.org", 403)]
    [InlineData("http://page.example.org", 403)]
    [InlineData("https://page.example.org", 200)]
    [InlineData("own", 200)]
    public async Task Only_its_own_page_and_those_that_are_listed_may_ask(string origin, int expected)
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Origins = ["https://page.example.org"] });
        var given = origin == "own" ? server.Server.Addresses[0].GetLeftPart(UriPartial.Authority) : origin;
        foreach (var path in new[] { "/v1/completions", "/moesaic/policy" })
        {
            using var response = await SendAsync(server, path == "/moesaic/policy" ? HttpMethod.Get : HttpMethod.Post, path, ("Origin", given));
            Assert.Equal(expected, (int)response.StatusCode);
            Assert.Equal(origin == "https://page.example.org", response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task A_browser_may_ask_before_for_pages_that_are_listed_only()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Origins = ["https://page.example.org"], Keys = [Key] });
        using var allowed = await SendAsync(server, HttpMethod.Options, "/v1/completions", ("Origin", "https://page.example.org"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type"));
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal(["https://page.example.org"], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["authorization,content-type"], allowed.Headers.GetValues("Access-Control-Allow-Headers"));
        using var refused = await SendAsync(server, HttpMethod.Options, "/v1/completions", ("Origin", "https://evil.example.org"), ("Access-Control-Request-Method", "POST"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Without_origins_there_is_no_word_of_them()
    {
        await using var server = await RunningServer.DemoAsync();
        using var response = await SendAsync(server, HttpMethod.Get, "/v1/models");
        Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer " + Key, 200)]
    [InlineData("bearer " + Key, 200)]
    [InlineData("Bearer another-key-of-20-letters", 200)]
    [InlineData("Bearer " + Key + "0", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic " + Key, 401)]
    [InlineData(Key, 401)]
    public async Task A_key_is_asked_for_everywhere_but_for_the_page_and_health(string? authorization, int expected)
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Keys = [Key, "another-key-of-20-letters"] });
        (string, string)[] headers = authorization is null ? [] : [("Authorization", authorization)];
        foreach (var (method, path, _) in server.Server.Endpoints)
        {
            if (method != "GET" || path.Contains('{', StringComparison.Ordinal)) continue;
            using var response = await SendAsync(server, HttpMethod.Get, path, headers);
            Assert.Equal(path is "/health" or "/ready" ? 200 : expected, (int)response.StatusCode);
            Assert.Equal(response.StatusCode == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
        }
        using var asked = await SendAsync(server, HttpMethod.Post, "/v1/completions", headers);
        Assert.Equal(expected, (int)asked.StatusCode);
        using var unknown = await SendAsync(server, HttpMethod.Get, "/nothing", headers);
        Assert.Equal(expected == 200 ? 404 : 401, (int)unknown.StatusCode);
        using var page = await SendAsync(server, HttpMethod.Get, "/", headers);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("192.168.1.5")]
    public void Others_need_a_key_or_leave(string host)
    {
        var options = new ServerOptions { Host = host };
        Assert.Contains("--without-key", Assert.Throws<BadRequestException>(options.Validate).Message, StringComparison.Ordinal);
        (options with { Keys = [Key] }).Validate();
        (options with { WithoutKey = true }).Validate();
    }

    [Fact]
    public async Task Policies_are_changed_by_this_machine_only_unless_told()
    {
        await using var local = await RunningServer.MixtureAsync();
        await using var open = await RunningServer.MixtureAsync(new ServerOptions { Host = "0.0.0.0", WithoutKey = true });
        await using var told = await RunningServer.MixtureAsync(new ServerOptions { Host = "0.0.0.0", WithoutKey = true, PolicyChanges = true });
        foreach (var (server, expected) in new[] { (local, HttpStatusCode.OK), (open, HttpStatusCode.Forbidden), (told, HttpStatusCode.OK) })
        {
            using var client = new HttpClient();
            using var response = await client.PutAsync($"http://127.0.0.1:{server.Server.Addresses[0].Port}/moesaic/policy", new StringContent("null", Encoding.UTF8, "application/json"));
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("short")]
    [InlineData("0123456789abcdef with spaces")]
    [InlineData("0123456789abcdefé")]
    public void Keys_that_are_easily_guessed_or_cannot_be_sent_are_refused(string key) =>
        Assert.Throws<BadRequestException>((new ServerOptions { Keys = [key] }).Validate);

    [Theory]
    [InlineData("1")]
    [InlineData("example.org")]
    [InlineData("localhost:80")]
    [InlineData("")]
    public void Addresses_are_addresses(string host) => Assert.Throws<BadRequestException>((new ServerOptions { Host = host }).Validate);

    [Theory]
    [InlineData("*")]
    [InlineData("example.org")]
    [InlineData("https://example.org/")]
    [InlineData("file:///x")]
    public void Origins_are_origins(string origin) => Assert.Throws<BadRequestException>((new ServerOptions { Origins = [origin] }).Validate);

    [Fact]
    public async Task Bodies_have_a_bound()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { MaxBody = 1000 });
        var (status, error) = await server.RefusalAsync("/v1/completions", $$"""{"prompt": "{{new string('a', 1000)}}"}""");
        Assert.Equal((413, "body_too_large"), (status, error.GetProperty("code").GetString()));
        // Without a length in front, too.
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions") { Content = new StringContent(new string(' ', 3000), Encoding.UTF8, "application/json") };
        request.Headers.TransferEncodingChunked = true;
        using var response = await server.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task What_a_page_elsewhere_can_send_unasked_is_not_read(string? type)
    {
        await using var server = await RunningServer.DemoAsync();
        using var content = new ByteArrayContent("""{"prompt": "a"}"""u8.ToArray());
        if (type is not null) content.Headers.ContentType = new(type);
        using var response = await server.Client.PostAsync("/v1/completions", content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/main.js")]
    [InlineData("/v1/models")]
    [InlineData("/nothing")]
    public async Task Answers_tell_browsers_what_not_to_do(string path)
    {
        await using var server = await RunningServer.DemoAsync();
        using var response = await SendAsync(server, HttpMethod.Get, path);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["no-referrer"], response.Headers.GetValues("Referrer-Policy"));
        Assert.Equal(["same-origin"], response.Headers.GetValues("Cross-Origin-Resource-Policy"));
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("/../ServerOptions.cs")]
    [InlineData("/..%2f..%2fetc/passwd")]
    [InlineData("/page/index.html")]
    [InlineData("/index.html%00.js")]
    [InlineData("//etc/passwd")]
    public async Task No_address_names_a_file(string path)
    {
        await using var server = await RunningServer.DemoAsync();
        using var response = await server.Client.GetAsync(new Uri(server.Server.Addresses[0].ToString().TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{response.StatusCode}");
    }
}
