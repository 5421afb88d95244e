namespace Moesaic.Page.Tests;

/// <summary>Modules of the page by themselves, in the browser that runs them.</summary>
public sealed class ModuleTests(Browser browser, PageServer server)
{
    [Theory]
    // Text after its tokens; a character of several tokens; a first token that loses its space; a stop string that never comes.
    [InlineData("""[["", ["The", " end"]], ["The e", []], ["nd", []]]""", "The| end")]
    [InlineData("""[["a", ["a", "\ufffd", "\ufffd"]], ["é b", [" b"]]]""", "a|é|| b")]
    [InlineData("""[["a", ["a", "", "é"]], ["é", []]]""", "a||é")]
    [InlineData("""[["Hello you", [" Hello", " you"]]]""", "Hello| you")]
    [InlineData("""[["a", ["a", "##", "##"]]]""", "a||")]
    [InlineData("""[["no tokens", []]]""", "no tokens")]
    public async Task Tokens_find_their_text(string pieces, string expected)
    {
        await using var visit = await Visit.Open(browser, server);
        var found = await visit.Page.EvaluateAsync<string>("""
            async (pieces) => {
              const { Aligner } = await import("/aligner.js");
              const aligner = new Aligner();
              const found = JSON.parse(pieces).flatMap(([text, tokens]) => aligner.take(text, tokens.map((token) => ({ text: token }))));
              return [...found, ...aligner.end()].map(({ text }) => text).join("|") + aligner.rest;
            }
            """, pieces);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task Events_come_whole_however_the_bytes_are_cut()
    {
        await using var visit = await Visit.Open(browser, server);
        var found = await visit.Page.EvaluateAsync<string[]>("""
            async () => {
              const { events } = await import("/sse.js");
              const bytes = new TextEncoder().encode(": comment\r\ndata: é1\r\n\r\nevent: x\ndata:2\ndata: 3\n\nid: 4\n\ndata: [DONE]\n\ndata: half");
              const found = [];
              for (let cut = 1; cut < bytes.length; cut++) {
                const parts = [];
                for (let at = 0; at < bytes.length; at += cut) parts.push(bytes.slice(at, at + cut));
                const all = [];
                for await (const data of events(new ReadableStream({ start: (to) => { parts.forEach((part) => to.enqueue(part)); to.close(); } }))) all.push(data);
                found.push(JSON.stringify(all));
              }
              return [...new Set(found)];
            }
            """);
        Assert.Equal(["""["é1","2\n3","[DONE]"]"""], found);
    }

    [Fact]
    public async Task Speeds_belong_to_the_setting_under_which_tokens_came()
    {
        await using var visit = await Visit.Open(browser, server);
        var figures = await visit.Page.EvaluateAsync<string>("""
            async () => {
              const { Meter } = await import("/meter.js");
              const meter = new Meter();
              const token = (...experts) => ({ layers: [{ layer: 0, experts }] });
              meter.begin();
              for (let i = 0; i <= 10; i++) meter.take("a", 1, [token(1, 2)], 100 * i);
              for (let i = 0; i <= 10; i++) meter.take("b", 1, [token(3)], 5000 + 50 * i);
              meter.end(99, 1.5);
              meter.begin();
              meter.take("c", 4, [], 9000);
              meter.end(8, 3);
              return meter.figures().map(({ setting, tokens, rate, experts }) => `${setting} ${tokens} ${rate.toFixed(1)} ${experts}`).join(", ");
            }
            """);
        // What waits for the prompt or across a change counts for nobody; a whole answer under one setting has the server's figures.
        Assert.Equal("a 11 10.0 2, b 11 20.0 1, c 4 8.0 3", figures);
    }
}
