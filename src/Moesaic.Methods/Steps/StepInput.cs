namespace Moesaic.Methods.Steps;

/// <summary>
/// Something a step reads besides the model. Its content is part of the step's identity: when it changes, a finished
/// step is not silently reused.
/// </summary>
/// <param name="Name">How the recipe calls it.</param>
/// <param name="Path">A file or folder whose bytes are the input; null when <paramref name="Hash"/> stands for it.</param>
/// <param name="Hash">The identity of an input that is no file of its own, such as a corpus the tool derives.</param>
public sealed record StepInput(string Name, string? Path, string? Hash = null);
