namespace Moesaic.Text.Tests.Jinja;

/// <summary>The clock of the golden files.</summary>
sealed class FixedClock : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => new(2025, 3, 7, 14, 5, 9, TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
}
