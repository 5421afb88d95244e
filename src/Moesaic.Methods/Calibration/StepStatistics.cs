using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Calibration;

/// <summary>The statistics that a step works from: of a folder that it names, or of the recipe's last step calibrate.</summary>
static class StepStatistics
{
    /// <summary>What is known of them while the recipe is planned; null: a step before will write them.</summary>
    /// <param name="path">The folder, or null.</param>
    /// <param name="spec">The model.</param>
    /// <param name="context">The plan so far.</param>
    /// <param name="missing">What to do when neither is there.</param>
    /// <exception cref="BadRequestException">They are missing, or of another model.</exception>
    public static CalibrationStatistics? Planned(string? path, ModelSpec spec, PlanContext context, string missing)
    {
        var coming = context.Earlier.Contains("calibrate");
        if (path is null) return coming ? null : throw new BadRequestException(missing);
        // A step before may be about to write them.
        if (coming && !CalibrationStatistics.Exist(path)) return null;
        var read = CalibrationStatistics.Load(path);
        read.RequireOf(spec, null, path);
        return read;
    }

    /// <summary>Reads them; null when neither is there.</summary>
    /// <param name="path">The folder, or null.</param>
    /// <param name="spec">The model.</param>
    /// <param name="fingerprint">The model's.</param>
    /// <param name="context">The step.</param>
    /// <param name="notes">Is told what was read.</param>
    /// <exception cref="BadRequestException">They are of another model.</exception>
    public static CalibrationStatistics? Read(string? path, ModelSpec spec, Func<string> fingerprint, StepContext context, List<string> notes)
    {
        path ??= context.Results.LastOrDefault(r => CalibrationStatistics.Exist(r.Folder)).Folder;
        if (path is null) return null;
        var read = CalibrationStatistics.Load(path);
        read.RequireOf(spec, fingerprint(), path);
        notes.Add($"statistics {read.Fingerprint[..12]} of {path}, over {read.Tokens} tokens");
        return read;
    }
}
