using System.Text;

namespace Moesaic.Formats.Tests.Hub;

/// <summary>Pulls from a server that behaves, and from servers that do not.</summary>
public sealed class HubPullTests : IDisposable
{
    const string Weights = "model.safetensors";

    readonly TemporaryFolder folder = new();
    readonly Repository repository = Repository.Model();
    readonly ImpatientTime time = new();
    readonly List<string> notes = [];
    readonly List<long> progress = [];
    readonly CancellationTokenSource stop = new();

    public void Dispose()
    {
        stop.Dispose();
        folder.Dispose();
    }

    string Output => folder["out"];

    async Task<bool> Pull(BrokenServer server, string reference = "owner/name", Func<HubOptions, HubOptions>? change = null)
    {
        var options = new HubOptions { Endpoint = server.Address, Time = time, Silence = TimeSpan.FromSeconds(20) };
        using var pull = new HubPull(change?.Invoke(options) ?? options, notes.Add);
        var listing = await pull.List(HubReference.Parse(reference), stop.Token);
        return await pull.Run(listing, await pull.Choose(listing, stop.Token), Output, progress.Add, stop.Token);
    }

    BrokenServer Serve(Func<Request, Answer, Answer> twist) => new(request => twist(request, repository.Answer(request)));

    /// <summary>Twists the answers for the weights, numbered from 0.</summary>
    BrokenServer ServeWeights(Func<int, Request, Answer, Answer> twist)
    {
        var number = 0;
        return Serve((request, answer) => request.Path.EndsWith(Weights, StringComparison.Ordinal) ? twist(number++, request, answer) : answer);
    }

    void AssertComplete()
    {
        Assert.Equal(["README.md", "config.json", Weights, "tokenizer.json"],
            Directory.GetFileSystemEntries(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (var file in Directory.GetFiles(Output)) Assert.Equal(repository.Files[Path.GetFileName(file)], File.ReadAllBytes(file));
        Assert.False(Directory.Exists(Output + ".partial"));
    }

    [Fact]
    public async Task A_model_folder_arrives_whole_and_once()
    {
        using var server = Serve((_, answer) => answer);
        Assert.True(await Pull(server));
        AssertComplete();
        Assert.Equal(progress.Order(), progress);
        Assert.Equal(0, progress[0]);
        Assert.Equal(repository.Files.Where(f => File.Exists(Path.Combine(Output, f.Key))).Sum(f => f.Value.Length), progress[^1]);
        Assert.Empty(notes);

        var requests = server.Requests.Count;
        Assert.False(await Pull(server));
        Assert.Equal(requests + 1, server.Requests.Count);
    }

    [Fact]
    public async Task One_file_arrives_and_another_joins_it()
    {
        repository.Files["Q4/other.gguf"] = Repository.Noise(3000, 9);
        using var server = Serve((_, answer) => answer);
        Assert.True(await Pull(server, "owner/name:small.gguf"));
        Assert.Equal(["small.gguf"], Directory.GetFileSystemEntries(Output).Select(Path.GetFileName));
        Assert.True(await Pull(server, "owner/name:Q4/other.gguf"));
        Assert.True(await Pull(server, "owner/name:empty.gguf"));
        Assert.False(await Pull(server, "owner/name:small.gguf"));
        foreach (var name in new[] { "small.gguf", "empty.gguf", "Q4/other.gguf" })
            Assert.Equal(repository.Files[name], File.ReadAllBytes(Path.Combine(Output, name)));
        Assert.False(Directory.Exists(Output + ".partial"));

        File.WriteAllText(Path.Combine(Output, "small.gguf"), "mine");
        Assert.Contains("holds something else", (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server, "owner/name:small.gguf"))).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(Output, "small.gguf")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_again_and_again_goes_on_where_it_was(bool announced)
    {
        // More often than there are attempts: what was gained counts.
        using var server = ServeWeights((number, _, answer) => answer with { BreakAfter = Math.Min(answer.Body.Length, 100_000), Announced = announced ? null : -1 });
        Assert.True(await Pull(server));
        AssertComplete();
        var ranges = server.Requests.Where(r => r.Path.EndsWith(Weights, StringComparison.Ordinal)).Select(r => r["range"]).ToList();
        Assert.Equal([null, .. Enumerable.Range(1, 9).Select(i => $"bytes={i}00000-")], ranges);
        Assert.Contains(notes, n => n.Contains("Going on at 100,000 of 1,000,000 bytes of model.safetensors", StringComparison.Ordinal));
        Assert.Equal(progress.Order(), progress);
    }

    [Fact]
    public async Task Of_a_split_model_all_parts_come()
    {
        for (var part = 1; part <= 3; part++) repository.Files[$"big-0000{part}-of-00003.gguf"] = Repository.Noise(2000, part);
        using var server = Serve((_, answer) => answer);
        Assert.True(await Pull(server, "owner/name:big-00001-of-00003.gguf"));
        Assert.Equal(3, Directory.GetFiles(Output).Length);
        repository.Files.Remove("big-00002-of-00003.gguf");
        Assert.Contains("no file big-00002-of-00003.gguf",
            (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server, "owner/name:big-00001-of-00003.gguf"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_asked_again()
    {
        using var server = ServeWeights((number, _, answer) => number == 0 ? answer with { SilentAfter = 5000 } : answer);
        Assert.True(await Pull(server, change: o => o with { Silence = TimeSpan.FromSeconds(0.5) }));
        AssertComplete();
        Assert.Contains(notes, n => n.Contains("was silent for 0.5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_any_gain_it_gives_up_and_the_next_run_goes_on()
    {
        using (var server = ServeWeights((number, _, answer) => answer with { BreakAfter = number == 0 ? 300_000 : 0 }))
        {
            var failure = await Assert.ThrowsAsync<BadModelException>(() => Pull(server));
            Assert.Contains("Given up after 6 attempts; the same command goes on from here", failure.Message, StringComparison.Ordinal);
            Assert.Equal([1, 1, 2, 4, 8, 16], time.Waits.Select(w => w.TotalSeconds));
        }
        Assert.False(Directory.Exists(Output));
        progress.Clear();
        using (var server = Serve((_, answer) => answer))
        {
            Assert.True(await Pull(server));
            Assert.Equal("bytes=300000-", server.Requests[^1]["range"]);
            Assert.Single(server.Requests, r => r.Path.EndsWith(Weights, StringComparison.Ordinal));
            Assert.True(progress[0] > 300_000);
        }
        AssertComplete();
    }

    [Fact]
    public async Task A_stop_keeps_what_has_arrived()
    {
        using (var server = ServeWeights((_, _, answer) => { stop.CancelAfter(200); return answer with { SilentAfter = 400_000 }; }))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Pull(server));
        Assert.False(Directory.Exists(Output));
        Assert.Equal(400_000, new FileInfo(Directory.GetFiles(Output + ".partial", Weights + ".*").Single()).Length);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_starts_again()
    {
        using var server = ServeWeights((number, _, _) => new Answer(200, repository.Files[Weights]) { BreakAfter = number == 0 ? 600_000 : null });
        Assert.True(await Pull(server));
        AssertComplete();
        Assert.Contains("model.safetensors is sent from its beginning again.", notes);
    }

    [Fact]
    public async Task Content_that_changes_between_attempts_is_not_mixed()
    {
        var old = Repository.Noise(1_000_000, 77);
        using var server = ServeWeights((number, request, answer) => number == 0
            ? new Answer(200, old) { Headers = { ["ETag"] = "\"old\"" }, BreakAfter = 500_000 } : answer);
        Assert.True(await Pull(server));
        AssertComplete();
        Assert.Equal("\"old\"", server.Requests[^1]["if-range"]);
    }

    [Fact]
    public async Task A_server_that_denies_the_change_is_found_out()
    {
        var old = Repository.Noise(1_000_000, 77);
        using var server = ServeWeights((number, request, answer) => number switch
        {
            0 => new Answer(200, old) { Headers = { ["ETag"] = "\"old\"" }, BreakAfter = 500_000 },
            // Not what If-Range asks for.
            1 => new Answer(206, repository.Files[Weights][request.From..]) { Headers = { ["ETag"] = "\"new\"", ["Content-Range"] = "bytes 500000-999999/1000000" } },
            _ => answer,
        });
        Assert.True(await Pull(server));
        AssertComplete();
        Assert.Contains(notes, n => n.Contains("changed on the server", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_range_than_asked_for_is_not_believed()
    {
        using var server = ServeWeights((number, request, answer) => number switch
        {
            0 => answer with { BreakAfter = 500_000 },
            1 => new Answer(206, repository.Files[Weights][400_000..]) { Headers = { ["Content-Range"] = "bytes 400000-999999/1000000" } },
            2 => Answer.Text(416, ""),
            _ => answer,
        });
        Assert.True(await Pull(server));
        AssertComplete();
    }

    [Theory]
    [InlineData("config.json", "its git hash is")]
    [InlineData(Weights, "its SHA-256 is")]
    public async Task Another_content_of_the_same_size_is_thrown_away(string name, string message)
    {
        using (var server = Serve((request, answer) =>
        {
            if (!request.Path.EndsWith(name, StringComparison.Ordinal)) return answer;
            var body = answer.Body.ToArray();
            body[7] ^= 1;
            return answer with { Body = body };
        }))
        {
            var failure = await Assert.ThrowsAsync<BadModelException>(() => Pull(server));
            Assert.Contains($"{name} arrived damaged: {message}", failure.Message, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(Output));
        using var honest = Serve((_, answer) => answer);
        Assert.True(await Pull(honest));
        AssertComplete();
    }

    [Theory]
    [InlineData(900_000, 900_000L, "900,000 are sent")]      // announced less
    [InlineData(1_100_000, 1_100_000L, "1,100,000 are sent")]
    [InlineData(1_100_000, -1L, "more are sent")]            // announced nothing
    public async Task A_size_other_than_listed_is_refused(int bytes, long announced, string message)
    {
        using var server = ServeWeights((_, _, _) => new Answer(200, Repository.Noise(bytes, 5)) { Announced = announced });
        var failure = await Assert.ThrowsAsync<BadModelException>(() => Pull(server));
        Assert.Contains("1,000,000 bytes were announced, " + message, failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));
        Assert.Equal(0, new FileInfo(Directory.GetFiles(Output + ".partial", Weights + ".*").Single()).Length);
    }

    [Fact]
    public async Task A_damaged_part_of_an_earlier_run_is_found_out()
    {
        using (var server = ServeWeights((_, _, answer) => answer with { BreakAfter = 0 }))
            await Assert.ThrowsAsync<BadModelException>(() => Pull(server));
        var part = Directory.GetFiles(Output + ".partial", Weights + ".*").Single();
        File.WriteAllBytes(part, new byte[400_000]);
        File.WriteAllText(Output + ".partial/stranger.0000.part", "of another commit");
        using var honest = Serve((_, answer) => answer);
        Assert.Contains("arrived damaged", (await Assert.ThrowsAsync<BadModelException>(() => Pull(honest))).Message, StringComparison.Ordinal);
        Assert.True(await Pull(honest));
        AssertComplete();
    }

    [Fact]
    public async Task A_run_killed_among_its_last_renames_needs_nothing_again()
    {
        using (var server = ServeWeights((_, _, answer) => answer with { BreakAfter = 0 }))
            await Assert.ThrowsAsync<BadModelException>(() => Pull(server));
        foreach (var part in Directory.GetFiles(Output + ".partial", "*.part")) File.Delete(part);
        foreach (var name in new[] { "config.json", "tokenizer.json", "README.md", Weights })
            File.WriteAllBytes(Path.Combine(Output + ".partial", name), repository.Files[name]);
        using var honest = Serve((_, answer) => answer);
        Assert.True(await Pull(honest));
        Assert.Single(honest.Requests);
        AssertComplete();
    }

    [Fact]
    public async Task Folders_that_hold_something_else_are_left_alone()
    {
        using var server = Serve((_, answer) => answer);
        folder.Write("out/notes.txt", "mine");
        Assert.Contains("holds something else", (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server))).Message, StringComparison.Ordinal);
        Directory.Delete(Output, recursive: true);
        folder.Write("out.partial/notes.txt", "mine");
        Assert.Contains("was not made by pull", (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server))).Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(folder["out.partial/notes.txt"]));
    }

    [Fact]
    public async Task Two_pulls_into_one_folder_do_not_meet()
    {
        Directory.CreateDirectory(Output + ".partial");
        using var other = new FileStream(Output + ".partial/.pull", FileMode.Create, FileAccess.Write, FileShare.None);
        using var server = Serve((_, answer) => answer);
        Assert.Contains("another pull", (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_the_disk_holds_is_refused_before_it_is_fetched()
    {
        var listing = repository.Listing();
        var weights = listing["siblings"]!.AsArray().Single(s => (string)s!["rfilename"]! == Weights)!;
        weights["lfs"]!["size"] = 1L << 60;
        using var server = new BrokenServer(r => r.Path.StartsWith("/api", StringComparison.Ordinal) ? Answer.Text(200, listing.ToJsonString()) : repository.Answer(r));
        Assert.Contains("the disk has", (await Assert.ThrowsAsync<BadRequestException>(() => Pull(server))).Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Weights_in_several_files_are_those_of_the_index()
    {
        repository.Files.Remove(Weights);
        repository.Files["model.safetensors.index.json"] = Encoding.UTF8.GetBytes("""{"weight_map":{"a":"part-1.safetensors","b":"part-2.safetensors"}}""");
        foreach (var name in new[] { "part-1.safetensors", "part-2.safetensors", "consolidated.safetensors" }) repository.Files[name] = Repository.Noise(2000, name.Length);
        using var server = Serve((_, answer) => answer);
        Assert.True(await Pull(server));
        Assert.Equal(["README.md", "config.json", "model.safetensors.index.json", "part-1.safetensors", "part-2.safetensors", "tokenizer.json"],
            Directory.GetFiles(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}
