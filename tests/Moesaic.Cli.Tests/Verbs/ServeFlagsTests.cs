using System.CommandLine;
using Moesaic.Cli.Verbs;
using Moesaic.Formats;
using Moesaic.Server;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class ServeFlagsTests
{
    const string Key = "0123456789abcdef";

    static ServerOptions Read(string? variable, params string[] args)
    {
        var flags = new ServeFlags(name => name == "MOESAIC_API_KEY" ? variable : null);
        var command = new RootCommand();
        flags.AddTo(command);
        return flags.Server(command.Parse(args));
    }

    [Fact]
    public void By_default_it_serves_this_machine()
    {
        var options = Read(null);
        Assert.Equal(("127.0.0.1", 8080, 0, false), (options.Host, options.Port, options.Keys.Count, options.WithoutKey));
        Assert.Null(options.Deadline);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Drain);
    }

    [Fact]
    public void Keys_come_from_a_file_or_the_environment()
    {
        Assert.Equal([Key], Read(Key, "--host", "0.0.0.0").Keys);
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"{Key}\r\n\n  {Key}-2 \n");
            Assert.Equal([Key, $"{Key}-2"], Read("", "--api-key-file", file).Keys);
            Assert.Throws<BadRequestException>(() => Read(Key, "--api-key-file", file));
            File.WriteAllText(file, "\n");
            Assert.Throws<BadRequestException>(() => Read(null, "--api-key-file", file));
        }
        finally
        {
            File.Delete(file);
        }
        Assert.Throws<BadRequestException>(() => Read(null, "--api-key-file", file));
    }

    [Fact]
    public void No_key_is_an_option() =>
        Assert.DoesNotContain(new ServeVerb(_ => null).Options, o => o.Name.Contains("key", StringComparison.Ordinal) && o.Name is not ("--api-key-file" or "--without-key"));

    [Theory]
    [InlineData("--host", "0.0.0.0")]
    [InlineData("--host", "example.org")]
    [InlineData("--port", "65536")]
    [InlineData("--drain", "-1")]
    [InlineData("--drain", "soon")]
    [InlineData("--otlp", "localhost:4318")]
    [InlineData("--cors", "*")]
    [InlineData("--waiting", "0")]
    public void Bad_values_are_refused(string option, string value) => Assert.Throws<BadRequestException>(() => Read(null, option, value));

    [Fact]
    public void Values_are_taken_over()
    {
        var options = Read(null, "--deadline", "2.5", "--cors", "https://a.example", "--cors", "http://b.example:3000", "--host-name", "c.example", "--max-body", "1e5", "--allow-policy-changes");
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.Deadline);
        Assert.Equal(["https://a.example", "http://b.example:3000"], options.Origins);
        Assert.Equal((100_000, true), (options.MaxBody, options.PolicyChanges));
    }
}
