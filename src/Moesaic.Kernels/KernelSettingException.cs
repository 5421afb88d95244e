namespace Moesaic.Kernels;

/// <summary>An environment variable or a setting of the kernels has a value that this machine cannot honour.</summary>
public sealed class KernelSettingException(string message) : InvalidOperationException(message);
