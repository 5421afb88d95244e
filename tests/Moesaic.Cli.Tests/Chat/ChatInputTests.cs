using Moesaic.Cli.Chat;
using Moesaic.Formats;

namespace Moesaic.Cli.Tests.Chat;

public class ChatInputTests
{
    [Fact]
    public void Lines_are_messages_and_commands()
    {
        Assert.Equal(new ChatInput(ChatAction.Ask, " hello "), ChatInput.Typed(" hello "));
        Assert.Equal(new ChatInput(ChatAction.Ask, "/usr/bin is a folder"), ChatInput.Typed("//usr/bin is a folder"));
        Assert.Equal(new ChatInput(ChatAction.Nothing), ChatInput.Typed("  "));
        Assert.Equal(new ChatInput(ChatAction.System, "be kind"), ChatInput.Typed("/system  be kind "));
        Assert.Equal(new ChatInput(ChatAction.System), ChatInput.Typed("/system"));
        Assert.Equal(new ChatInput(ChatAction.Save, "a b.jsonl"), ChatInput.Typed("/save a b.jsonl"));
        Assert.Equal(new ChatInput(ChatAction.Reset), ChatInput.Typed("/reset "));
        Assert.Equal(new ChatInput(ChatAction.Quit), ChatInput.Typed("/quit"));
        Assert.Contains("did you mean '/reset'?", Assert.Throws<BadRequestException>(() => ChatInput.Typed("/rest")).Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => ChatInput.Typed("/save"));
        foreach (var name in new[] { "/system", "/reset", "/save", "/quit" }) Assert.Contains($"{name} ", ChatInput.Help, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_json_are_messages()
    {
        Assert.Equal(new ChatInput(ChatAction.Ask, "a\nb"), ChatInput.Json("""{"content": "a\nb"}""", 1));
        Assert.Equal(new ChatInput(ChatAction.Ask, "/quit"), ChatInput.Json("""{"role": "user", "content": "/quit"}""", 1));
        Assert.Equal(new ChatInput(ChatAction.System), ChatInput.Json("""{"role": "system", "content": ""}""", 1));
        Assert.Equal(new ChatInput(ChatAction.Nothing), ChatInput.Json("", 1));
    }

    [Theory]
    [InlineData("hello", "standard input, line 7")]
    [InlineData("""{"role": "user"}""", "needs content")]
    [InlineData("""{"content": 5}""", "needs content")]
    [InlineData("""{"content": "a", "roel": "user"}""", "unknown key 'roel'")]
    [InlineData("""{"content": "a", "role": "assistant"}""", "must be \"user\" or \"system\"")]
    public void Other_json_is_refused(string line, string message) => Assert.Contains(
        message, Assert.Throws<BadModelException>(() => ChatInput.Json(line, 7)).Message, StringComparison.Ordinal);
}
