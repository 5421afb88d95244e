using Moesaic.Text.Chat;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public sealed class DatasetFuzzTests : IDisposable
{
    static readonly string[] Seeds =
    [
        "{\"text\":\"a\\u00e9\\ud834\\udd1e\"}\n{\"text\":\"b\"}\n",
        """{"messages":[{"role":"user","content":[{"type":"text","text":"2"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":2}"}}]},{"role":"tool","tool_call_id":"c","content":"4"},{"role":"assistant","content":"4","mood":1}],"tools":[{}]}""",
        """{"system":"s","tools":"[{}]","conversations":[{"from":"human","value":"Hi"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{}}"},{"from":"observation","value":"7"},{"from":"gpt","value":"ok"}]}""",
        """{"instruction":"Add","input":"1, 2","output":"3"}""",
        """[{"prompt":"p","response":"r"},{"question":"q","answer":"a"}]""",
    ];

    static readonly string[] Fragments =
        ["{", "}", "[", "]", "\"", ":", ",", "null", "true", "3", "\\u", "\\ud800", "\\", "\"role\"", "\"content\"", "\"text\"", "\"user\"", "\n", "\r", "\uFEFF", "é", "[[[[[[[[", "<|endoftext|>"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Mutated_datasets_are_read_or_refused()
    {
        var template = ChatTemplate.Parse(File.ReadAllText(Golden.Path("Chat/templates/chatml.jinja")));
        var builder = new SampleBuilder(new ByteTokenizer(false, "<s>", "</s>", "<|im_end|>"), null, template);
        var names = new[] { "a.jsonl", "a.json", "a.txt" };
        var run = 0;
        Fuzz.Run(Seeds, Fragments, text =>
        {
            var path = folder.Write(names[run++ % names.Length], text);
            PackedDataset.Pack(builder.Build(DatasetReader.Read(path)), 16);
        });
    }
}
