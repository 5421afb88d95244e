using Moesaic.Formats;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public sealed class DatasetReaderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    List<Document> Read(string name, string text, TextSplit split = TextSplit.EndOfText) =>
        [.. DatasetReader.Read(folder.Write(name, text), split)];

    string Fault(string name, string text)
    {
        var fault = Assert.Throws<BadModelException>(() => Read(name, text)).Message;
        Assert.Contains(name, fault, StringComparison.Ordinal);
        return fault;
    }

    [Fact]
    public void A_text_file_without_marker_is_one_document_of_its_exact_words()
    {
        var document = Assert.Single(Read("a.txt", "\uFEFFFirst.\r\n\r\nSecond é 𝄞.\n"));
        Assert.Equal("First.\r\n\r\nSecond é 𝄞.", document.Text);
        Assert.Null(document.Messages);
    }

    [Fact]
    public void Text_is_cut_at_end_of_text_markers_even_within_a_line() => Assert.Equal(
        ["one", "two\nlines", "three", "four"],
        Read("a.txt", "one\n<|endoftext|>\ntwo\nlines<|endoftext|>three<|endoftext|>four\n<|endoftext|>\n").Select(d => d.Text!));

    [Fact]
    public void Text_is_cut_at_blank_lines_when_asked() => Assert.Equal(
        ["one\nmore", "two <|endoftext|>", "three"],
        Read("a.txt", "\n\none\nmore\n  \t\ntwo <|endoftext|>\n\n\nthree", TextSplit.BlankLines).Select(d => d.Text!));

    [Fact]
    public void A_whole_file_keeps_every_character() => Assert.Equal(
        "\na <|endoftext|>\n\nb\n", Assert.Single(Read("a.txt", "\na <|endoftext|>\n\nb\n", TextSplit.WholeFile)).Text);

    [Fact]
    public void Lines_longer_than_the_buffer_are_read_whole()
    {
        var longLine = new string('x', 200_000);
        Assert.Equal([longLine, "short", longLine],
            Read("a.jsonl", $"{{\"text\":\"{longLine}\"}}\n{{\"text\":\"short\"}}\n{{\"text\":\"{longLine}\"}}").Select(d => d.Text!));
    }

    [Fact]
    public void Messages_carry_roles_tool_calls_and_further_keys()
    {
        var document = Assert.Single(Read("a.jsonl", """
            {"messages":[{"role":"user","content":[{"type":"text","text":"2 "},{"type":"text","text":"+ 2?"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":2}"}}]},{"role":"tool","tool_call_id":"c1","name":"add","content":"4"},{"role":"assistant","content":"4","reasoning_content":"sum","mood":"calm"}],"tools":[{"type":"function"}]}
            """));
        var messages = document.Messages!;
        Assert.Equal(["user", "assistant", "tool", "assistant"], messages.Select(m => m.Role));
        Assert.Equal("2 + 2?", messages[0].Content);
        var call = Assert.Single(messages[1].ToolCalls!);
        Assert.Equal(("add", "c1", """{"a":2}"""), (call.Name, call.Id, call.Arguments.GetRawText()));
        Assert.Equal(("c1", "add"), (messages[2].ToolCallId, messages[2].Name));
        Assert.Equal(("sum", "calm"), (messages[3].ReasoningContent, messages[3].Extra!["mood"].GetString()));
        Assert.Equal(1, document.Tools!.Value.GetArrayLength());
    }

    [Fact]
    public void ShareGpt_speakers_become_roles()
    {
        var document = Assert.Single(Read("a.json", """
            [{"system":"Be kind.","tools":"[{\"name\":\"f\"}]","conversations":[{"from":"human","value":"Hi"},
              {"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"x\":[1]}}"},{"from":"observation","value":"7"},{"from":"gpt","value":"Seven"}]}]
            """));
        Assert.Equal(["system", "user", "assistant", "tool", "assistant"], document.Messages!.Select(m => m.Role));
        Assert.Equal("f", Assert.Single(document.Messages![2].ToolCalls!).Name);
        Assert.Equal("""[{"type":"function","function":{"name":"f"}}]""", document.Tools!.Value.GetRawText());
    }

    [Theory]
    [InlineData("""{"instruction":"Add","input":"1, 2","output":"3"}""", "Add\n\n1, 2", "3")]
    [InlineData("""{"instruction":"Add","input":"","output":"3"}""", "Add", "3")]
    [InlineData("""{"prompt":"Add","response":"3"}""", "Add", "3")]
    [InlineData("""{"question":"Add","answer":"3","id":9}""", "Add", "3")]
    public void A_question_with_its_answer_becomes_two_turns(string json, string question, string answer) => Assert.Equal(
        [("user", question), ("assistant", answer)],
        Assert.Single(Read("a.jsonl", json)).Messages!.Select(m => (m.Role, m.Content!)));

    [Fact]
    public void Folders_are_read_in_ordinal_order_and_say_what_they_left_out()
    {
        folder.Write("b/z.txt", "4");
        folder.Write("b/a.jsonl", "{\"text\":\"3\"}\n\n{\"text\":\" \"}\n");
        folder.Write("B.txt", "1");
        folder.Write("a.JSON", "[{\"text\":\"2\"}]");
        var licence = folder.Write("LICENSE", "MIT");

        var report = new DatasetReport();
        Assert.Equal(["1", "2", "3", "4"], DatasetReader.Read(folder.Path, report: report).Select(d => d.Text!));
        Assert.Equal((4, 4L, 1L), (report.Files, report.Documents, report.EmptyDocuments));
        Assert.Equal([licence], report.SkippedFiles);

        var fault = Assert.Throws<BadModelException>(() => DatasetReader.Read(folder.Path).ToList());
        Assert.Contains("LICENSE", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.txt", "")]
    [InlineData("a.txt", "\n \n<|endoftext|>\n")]
    [InlineData("a.jsonl", "\n\n")]
    [InlineData("a.json", "[]")]
    [InlineData("a.jsonl", "{\"text\":\"\"}")]
    public void An_empty_dataset_is_refused(string name, string text) =>
        Assert.Contains("empty", Fault(name, text), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"text":"a"}x""", "line 2", "not valid JSON")]
    [InlineData("""{"text":"a" """, "line 2", "not valid JSON")]
    [InlineData("""{"text":"a","text":"b"}""", "line 2", "not valid JSON")]
    [InlineData("""{"text":"\ud834 "}""", "line 2", "surrogate")]
    [InlineData("""["a"]""", "line 2", "must be an object")]
    [InlineData("""{"text":3}""", "line 2", "text must be a string")]
    [InlineData("""{"title":"a"}""", "line 2", "keys are: title")]
    [InlineData("""{"conversations":[],"chosen":{}}""", "line 2", "preference")]
    [InlineData("""{"messages":[]}""", "line 2", "no message")]
    [InlineData("""{"messages":[{"role":"robot","content":"a"}]}""", "message 1", "robot")]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"content":"a"}]}""", "message 2", "role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "message 1", "no content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "message 1", "only text")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"x"}]}]}""", "tool call 1", "no name")]
    [InlineData("""{"conversations":[{"from":"alien","value":"a"}]}""", "turn 1", "alien")]
    [InlineData("""{"conversations":[{"from":"function_call","value":"oops"}]}""", "turn 1", "not valid JSON")]
    [InlineData("""{"conversations":[{"from":"human"}]}""", "turn 1", "from and value")]
    public void A_bad_record_is_named_with_its_line(string record, string where, string why)
    {
        var fault = Fault("a.jsonl", "{\"text\":\"fine\"}\n" + record + "\n");
        Assert.Contains("line 2", fault, StringComparison.Ordinal);
        Assert.Contains(where, fault, StringComparison.Ordinal);
        Assert.Contains(why, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_named_with_line_and_byte()
    {
        var text = Assert.Throws<BadModelException>(() => DatasetReader.Read(folder.Write("a.txt", [.. "ok\nab"u8, 0xC3, 0x28])).ToList());
        Assert.Contains("line 2: byte 3 is 0xC3", text.Message, StringComparison.Ordinal);
        var json = Assert.Throws<BadModelException>(() => DatasetReader.Read(folder.Write("a.jsonl", [.. "{\"text\":\""u8, 0xFF, .. "\"}"u8])).ToList());
        Assert.Contains("line 1: byte 10 is 0xFF", json.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.parquet")]
    [InlineData("a")]
    public void Unknown_kinds_are_refused(string name) =>
        Assert.Contains("unknown kind", Fault(name, "x"), StringComparison.Ordinal);

    [Fact]
    public void Missing_paths_and_folders_without_data_are_refused()
    {
        Assert.Throws<BadModelException>(() => DatasetReader.Read(Path.Combine(folder.Path, "none.txt")).ToList());
        folder.Write("notes.md", "x");
        var fault = Assert.Throws<BadModelException>(() => DatasetReader.Read(folder.Path, report: new DatasetReport()).ToList());
        Assert.Contains("no dataset", fault.Message, StringComparison.Ordinal);
    }
}
