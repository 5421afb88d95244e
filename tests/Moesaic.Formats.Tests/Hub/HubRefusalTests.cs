namespace Moesaic.Formats.Tests.Hub;

/// <summary>What the server refuses, where it sends a pull, and who gets to see the token.</summary>
public sealed class HubRefusalTests : IDisposable
{
    const string Token = "hf_secret";

    readonly TemporaryFolder folder = new();
    readonly Repository repository = Repository.Model();
    readonly ImpatientTime time = new();
    readonly List<string> notes = [];

    public void Dispose() => folder.Dispose();

    async Task Pull(BrokenServer server, string? token = Token)
    {
        using var pull = new HubPull(new HubOptions { Endpoint = server.Address, Token = token, Time = time }, notes.Add);
        var listing = await pull.List(HubReference.Parse("owner/name"));
        await pull.Run(listing, await pull.Choose(listing), folder["out"], _ => { });
    }

    async Task<string> Refused<T>(Func<Request, Answer> answer, string? token = Token) where T : MoesaicException
    {
        using var server = new BrokenServer(answer);
        var message = (await Assert.ThrowsAsync<T>(() => Pull(server, token))).Message;
        Assert.False(Directory.Exists(folder["out"]));
        foreach (var text in notes.Append(message)) Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
        return message;
    }

    [Fact]
    public async Task The_token_does_not_follow_to_another_host()
    {
        using var store = new BrokenServer(request =>
            request.Path.EndsWith("?signature=1", StringComparison.Ordinal) ? repository.Answer(request with { Path = request.Path[..^"?signature=1".Length] }) : Answer.Text(403, ""));
        using var server = new BrokenServer(request => request.Path.Contains("/resolve/", StringComparison.Ordinal)
            ? Answer.Redirect($"{store.Address.AbsoluteUri.TrimEnd('/')}{request.Path}?signature=1") : repository.Answer(request));
        await Pull(server);
        Assert.Equal(repository.Files["model.safetensors"], File.ReadAllBytes(folder["out/model.safetensors"]));
        Assert.All(server.Requests, r => Assert.Equal($"Bearer {Token}", r["authorization"]));
        Assert.Equal(4, store.Requests.Count);
        Assert.All(store.Requests, r => Assert.Null(r["authorization"]));
    }

    [Fact]
    public async Task The_token_stays_on_redirects_within_the_host()
    {
        using var server = new BrokenServer(request =>
            request["authorization"] is null ? Answer.Text(401, "")
            : request.Path.StartsWith("/moved", StringComparison.Ordinal) ? repository.Answer(request with { Path = request.Path["/moved".Length..] })
            : Answer.Redirect("/moved" + request.Path, 307));
        await Pull(server);
        Assert.True(File.Exists(folder["out/config.json"]));
    }

    [Theory]
    [InlineData("ftp://example.org/x")]
    [InlineData("file:///etc/hostname")]
    public async Task Redirects_lead_to_the_web_only(string location) =>
        Assert.Contains("is redirected to no address", await Refused<BadModelException>(_ => Answer.Redirect(location)), StringComparison.Ordinal);

    [Fact]
    public async Task Redirects_in_circles_end() =>
        Assert.Contains("more than 10 times", await Refused<BadModelException>(request => Answer.Redirect(request.Path)), StringComparison.Ordinal);

    [Theory]
    [InlineData(401, Token, "The token that was sent may not read it")]
    [InlineData(401, null, "put one that may read it into HF_TOKEN")]
    [InlineData(403, Token, "its conditions must be accepted")]
    [InlineData(404, Token, "does not exist (404): check owner, name and revision")]
    public async Task Refusals_say_what_to_do(int status, string? token, string message)
    {
        Assert.Contains(message, await Refused<BadRequestException>(_ => Answer.Text(status, "no"), token), StringComparison.Ordinal);
        // A gated model: the listing is open, the files are not.
        Assert.Contains("/owner/name/resolve/", await Refused<BadRequestException>(
            r => r.Path.Contains("/resolve/", StringComparison.Ordinal) ? Answer.Text(status, "no") : repository.Answer(r), token), StringComparison.Ordinal);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task A_busy_server_is_given_the_time_it_asks_for()
    {
        var number = 0;
        using var server = new BrokenServer(request => number++ switch
        {
            0 => Answer.Text(429, "").With("Retry-After", "7"),
            1 => Answer.Text(503, "").With("Retry-After", "Thu, 01 Jan 2026 00:00:42 GMT"),
            2 => Answer.Text(500, ""),
            _ => repository.Answer(request),
        });
        await Pull(server);
        Assert.Equal([7, 42, 4], time.Waits.Select(w => w.TotalSeconds));
        Assert.Contains(notes, n => n.EndsWith("answers 429 Said. Trying again in 7 s.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_busy_for_hours_is_not_waited_for()
    {
        Assert.Contains("asks to wait 60 minutes", await Refused<BadModelException>(
            _ => Answer.Text(429, "").With("Retry-After", "3600")), StringComparison.Ordinal);
        Assert.Empty(time.Waits);
    }

    [Fact]
    public async Task Nobody_there_is_told_after_the_attempts()
    {
        Uri gone;
        using (var server = new BrokenServer(repository.Answer)) gone = server.Address;
        using var pull = new HubPull(new HubOptions { Endpoint = gone, Time = time, Attempts = 3 }, notes.Add);
        var failure = await Assert.ThrowsAsync<BadModelException>(() => pull.List(HubReference.Parse("owner/name")));
        Assert.Contains("The connection to 127.0.0.1 failed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, notes.Count);
    }

    [Theory]
    [InlineData("<html>", "is not valid JSON")]
    [InlineData("[]", "an object is needed")]
    [InlineData("{}", "no commit")]
    [InlineData("""{"sha":"../../etc"}""", "no commit")]
    [InlineData("""{"sha":"0123"}""", "no list of files")]
    [InlineData("""{"sha":"0123","siblings":[{"rfilename":"config.json"}]}""", "no size is stated for config.json")]
    [InlineData("""{"sha":"0123","siblings":[{"rfilename":"config.json","size":-1}]}""", "no size is stated for config.json")]
    [InlineData("""{"sha":"0123","siblings":[{"rfilename":"config.json","size":5}]}""", "no hash is stated for config.json")]
    [InlineData("""{"sha":"0123","siblings":[{"rfilename":"config.json","size":5,"blobId":"xyz"}]}""", "no hash is stated for config.json")]
    [InlineData("""{"sha":"0123","siblings":[{"size":5}]}""", "a file without a name")]
    public async Task An_answer_that_is_no_listing_is_refused(string json, string message) =>
        Assert.Contains(message, await Refused<BadModelException>(_ => Answer.Text(200, json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("../config.json")]
    [InlineData("a/../../config.json")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("..")]
    [InlineData("..\\config.json")]
    [InlineData("C:/config.json")]
    [InlineData("config.json\0.txt")]
    [InlineData("\u001b[2Jconfig.json")]
    [InlineData("")]
    public async Task Names_that_reach_outside_are_refused(string name)
    {
        repository.Files[name] = [1];
        var message = await Refused<BadModelException>(repository.Answer);
        Assert.Contains("would reach outside the model's folder", message, StringComparison.Ordinal);
        Assert.DoesNotContain(message, char.IsControl);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task Names_that_one_disk_takes_for_one_are_refused()
    {
        repository.Files["Config.json"] = [1];
        Assert.Contains("is listed twice", await Refused<BadModelException>(repository.Answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_model_is_refused_with_what_there_is()
    {
        repository.Files.Remove("model.safetensors");
        var message = await Refused<BadRequestException>(repository.Answer);
        Assert.Contains("no model folder with config.json and weights in safetensors", message, StringComparison.Ordinal);
        Assert.Contains("owner/name:FILE with FILE one of empty.gguf, small.gguf", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2", "names no model")]
    [InlineData("owner/name/more", "names no model")]
    [InlineData("../name", "names no model")]
    [InlineData("owner/..", "names no model")]
    [InlineData("owner/name:", "names no model")]
    [InlineData("https://huggingface.co/owner/name", "names no model")]
    [InlineData("owner/name:model.safetensors", "after the colon stands a .gguf file")]
    public void A_reference_is_owner_and_name(string text, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(() => HubReference.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_reference_is_taken_apart()
    {
        Assert.Equal(new HubReference("01-ai", "Yi-1.5_x", null), HubReference.Parse("01-ai/Yi-1.5_x"));
        Assert.Equal(new HubReference("a", "b", "Q4/x.gguf"), HubReference.Parse("a/b:Q4/x.gguf"));
    }

    [Theory]
    [InlineData("ftp://example.org", null, "is no address")]
    [InlineData("https://user:password@example.org", null, "is no address")]
    [InlineData("http://example.org", "t", "is not encrypted: the token is not sent")]
    [InlineData("https://example.org", "t\n", "characters that no token has")]
    public void Options_that_cannot_be_used_or_give_the_token_away_are_refused(string endpoint, string? token, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(
            () => new HubPull(new HubOptions { Endpoint = new Uri(endpoint), Token = token }, notes.Add)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Revisions_and_names_are_escaped()
    {
        using var server = new BrokenServer(_ => Answer.Text(404, ""));
        using var pull = new HubPull(new HubOptions { Endpoint = new Uri(server.Address, "mirror/"), Revision = "refs/pr/1?x#y" }, notes.Add);
        await Assert.ThrowsAsync<BadRequestException>(() => pull.List(HubReference.Parse("owner/name")));
        Assert.Equal("/mirror/api/models/owner/name/revision/refs%2Fpr%2F1%3Fx%23y?blobs=true", server.Requests[0].Path);
    }
}
