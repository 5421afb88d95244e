namespace Moesaic.Formats;

/// <summary>
/// Brings a model from a hub into a folder that appears complete and checked or not at all. What has arrived lies beside it, under the
/// folder's name with <c>.partial</c> added, and the same pull goes on with it after a broken connection, a stop or a kill.
/// </summary>
public sealed class HubPull : IDisposable
{
    readonly HubOptions options;
    readonly HubClient client;
    readonly HubRetry retry;
    readonly Action<string> note;

    /// <summary>Prepares a pull; nothing is sent yet.</summary>
    /// <param name="options">From where.</param>
    /// <param name="note">Is told of failures that pass, and of what is left out.</param>
    /// <exception cref="BadRequestException">The endpoint cannot be used.</exception>
    public HubPull(HubOptions options, Action<string> note)
    {
        (this.options, this.note) = (options, note);
        client = new HubClient(options);
        retry = new HubRetry(options, note);
    }

    /// <summary>Asks what the repository holds at the revision.</summary>
    /// <exception cref="BadRequestException">It does not exist or may not be read.</exception>
    /// <exception cref="BadModelException">The server cannot be reached, or its answer cannot be used.</exception>
    public async Task<HubListing> List(HubReference reference, CancellationToken cancellation = default)
    {
        var address = client.Address("api", "models", reference.Owner, reference.Name, "revision", options.Revision);
        var json = await retry.Run(stop => client.GetBytes(new Uri(address, "?blobs=true"), stop), cancellation).ConfigureAwait(false);
        return HubListing.Read(reference, json, address.AbsoluteUri);
    }

    /// <summary>Chooses the files that make the model; reads the index of the weights when they are in several files.</summary>
    /// <exception cref="BadRequestException">The file asked for is not there, or there is no model that can be read.</exception>
    public async Task<HubSelection> Choose(HubListing listing, CancellationToken cancellation = default)
    {
        ShardIndex? index = null;
        if (listing.Reference.File is null && listing.Find(TensorStore.SingleFileName) is null && listing.Find(ShardIndex.FileName) is { } file)
        {
            var address = Address(listing, file);
            var json = await retry.Run(stop => client.GetBytes(address, stop), cancellation).ConfigureAwait(false);
            index = ShardIndex.Of(StrictJson.ParseObject(json, address.AbsoluteUri), address.AbsoluteUri);
        }
        return HubSelection.Choose(listing, index);
    }

    /// <summary>Fetches the files.</summary>
    /// <param name="listing">Of the repository.</param>
    /// <param name="selection">What of it.</param>
    /// <param name="output">The folder to become. One that exists is left alone: it must hold just this already, or else be another file's.</param>
    /// <param name="progress">Is told how many bytes of the selection are there: first what an earlier run left.</param>
    /// <param name="cancellation">Stops; what has arrived stays for the next run.</param>
    /// <returns>False when all was there already.</returns>
    /// <exception cref="BadRequestException">The output is something else, cannot be written, or the disk is too small.</exception>
    /// <exception cref="BadModelException">What arrives is not what was announced, or nothing arrives.</exception>
    public async Task<bool> Run(HubListing listing, HubSelection selection, string output, Action<long> progress, CancellationToken cancellation = default)
    {
        output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        if (IsThere(listing, selection, output, cancellation)) return false;
        using var folder = PullFolder.Open(output, selection.Wanted);
        var there = folder.BytesThere;
        DiskSpace.Require(folder.Path, selection.Bytes - there, output);
        progress(there);
        var (done, most) = (0L, there);
        foreach (var file in selection.Wanted)
        {
            using var part = PartFile.Open(folder.Path, file, cancellation);
            var transfer = new HubTransfer(client, retry, options, note, Address(listing, file), file, part);
            await transfer.Run(() => progress(most = Math.Max(most, done + part.Length)), cancellation).ConfigureAwait(false);
            done += file.Size;
        }
        folder.Commit();
        return true;
    }

    Uri Address(HubListing listing, HubFile file) =>
        client.Address([listing.Reference.Owner, listing.Reference.Name, "resolve", listing.Commit, .. file.Name.Split('/')]);

    static bool IsThere(HubListing listing, HubSelection selection, string output, CancellationToken cancellation)
    {
        if (File.Exists(output)) throw new BadRequestException($"{output} is a file, a folder is needed; choose another output.");
        if (!Directory.Exists(output) || !Directory.EnumerateFileSystemEntries(output).Any()) return false;
        var present = selection.Wanted.Where(f => File.Exists(PartFile.TargetOf(output, f))).ToList();
        if (present.Count == selection.Wanted.Count && present.All(f => PartFile.Matches(PartFile.TargetOf(output, f), f, cancellation))) return true;
        if (present.Count == 0 && listing.Reference.File is not null) return false;
        throw new BadRequestException($"{output} exists and holds something else; choose another output or delete it.");
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => client.Dispose();
}
