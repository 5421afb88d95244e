namespace Moesaic.Cli.Ui;

/// <summary>How running tasks look. Called with the stack's lock held.</summary>
interface IProgressDisplay
{
    /// <summary>Time between two looks at a task.</summary>
    TimeSpan Interval { get; }

    /// <summary>How long a task runs before it is first shown.</summary>
    TimeSpan Delay { get; }

    void Began(ProgressTask task);

    void Progressed(ProgressTask task);

    void Ended(ProgressTask task);

    /// <summary>Clears a line that is rewritten in place, if there is one.</summary>
    void Hide();
}
