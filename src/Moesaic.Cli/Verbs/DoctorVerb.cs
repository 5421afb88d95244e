using System.CommandLine;
using Moesaic.Methods.Inspection;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic doctor: what this machine can do and what is missing.</summary>
sealed class DoctorVerb() : Verb("doctor", "Measure this machine: kernels, memory bandwidth, which models fit, what is missing")
{
    public override IReadOnlyList<string> Examples => ["doctor", "doctor --threads 1", "doctor --json"];

    public override void Run(ParseResult parsed, Session session) =>
        session.View.Report(Name, MachineInspection.Inspect(session.View, session.Cancellation));
}
