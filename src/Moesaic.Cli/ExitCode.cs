namespace Moesaic.Cli;

/// <summary>What the process returns.</summary>
static class ExitCode
{
    public const int Success = 0;

    /// <summary>A defect of Moesaic.</summary>
    public const int Defect = 1;

    /// <summary>A bad option, recipe or combination of settings.</summary>
    public const int BadRequest = 2;

    /// <summary>Stopped by Ctrl-C or a request to terminate.</summary>
    public const int Cancelled = 130;
}
