using System.Globalization;

namespace Moesaic.Bench.Serve;

/// <summary>What is asked of a soak.</summary>
sealed record ServeOptions
{
    public required string Model { get; init; }

    public double Minutes { get; init; } = 10;

    public int Clients { get; init; } = 32;

    /// <summary>Requests a second; 0: three fifths of what the server was seen to answer.</summary>
    public double Rate { get; init; }

    public int Seed { get; init; } = 1;

    public string Tool { get; init; } = Path.Combine(AppContext.BaseDirectory, "..", "..", "Moesaic.Cli", "release", "moesaic");

    /// <summary>Null when the arguments are wrong.</summary>
    public static ServeOptions? Read(string[] args)
    {
        ServeOptions? options = null;
        if (args is [var model, ..] && !model.StartsWith('-')) options = new ServeOptions { Model = model };
        for (var i = 1; i < args.Length && options is not null; i += 2)
        {
            options = (args[i], i + 1 < args.Length ? args[i + 1] : null) switch
            {
                ("--minutes", { } value) => options with { Minutes = Number(value) },
                ("--clients", { } value) => options with { Clients = (int)Number(value) },
                ("--rate", { } value) => options with { Rate = Number(value) },
                ("--seed", { } value) => options with { Seed = (int)Number(value) },
                ("--tool", { } value) => options with { Tool = value },
                _ => null,
            };
        }
        return options;

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }
}
