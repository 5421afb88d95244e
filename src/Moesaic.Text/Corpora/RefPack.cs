namespace Moesaic.Text.Corpora;

/// <summary>An installed <c>Microsoft.NETCore.App.Ref</c> pack: where the SDK keeps the XML documentation of .NET.</summary>
/// <param name="Folder">The folder of the XML files.</param>
/// <param name="Version">The pack's version, for example 10.0.12; null for a folder that does not tell.</param>
public sealed record RefPack(string Folder, Version? Version);
