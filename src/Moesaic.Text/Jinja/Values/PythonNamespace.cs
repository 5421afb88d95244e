namespace Moesaic.Text.Jinja.Values;

/// <summary>What <c>namespace()</c> makes: the one thing whose members a template may assign, also from inner scopes.</summary>
sealed class PythonNamespace
{
    public PythonDict Members { get; } = new();
}
