using System.Text;

namespace Moesaic.Bench.Serve;

/// <summary>What nobody should send: each must be refused, or its connection closed, and do no harm.</summary>
static class HostileRequests
{
    const string Chat = "v1/chat/completions";
    const string Hello = """{"messages": [{"role": "user", "content": "hello"}]""";

    // Bodies that are no good requests, though their bytes arrive.
    static readonly string[] Bodies =
    [
        "", "null", "[]", "{", "{]", """{"messages": 5}""", """{"messages": []}""", """{"messages": [{"role": "user"}]}""",
        """{"messages": [{"role": "nobody", "content": "hello"}]}""",
        Hello + """, "max_tokens": -1}""", Hello + """, "max_tokens": 1e99}""", Hello + """, "max_tokens": "many"}""",
        Hello + """, "temperature": -3}""", Hello + """, "temperature": "NaN"}""", Hello + """, "n": 1000000}""", Hello + """, "n": 0}""",
        Hello + """, "seed": 1.5}""", Hello + """, "top_p": 7}""", Hello + """, "unheard_of": true}""", Hello + """, "max_tokens": 1, "max_tokens": 2}""",
        Hello + """, "logit_bias": {"-5": 1}}""", Hello + """, "logit_bias": {"99999999": 1}}""", Hello + """, "model": "../../etc/passwd"}""",
        Hello + """, "stop": ["", ""]}""", Hello + """, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"not": {}}}}}""",
        Hello + """, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "#"}}}}""",
        Hello + """, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "file:///etc/passwd"}}}}""",
        Hello + """, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "string", "pattern": "((a{1,1000}){1,1000}){1,1000}"}}}}""",
        Hello + """, "tools": [{"type": "function", "function": {"name": "a b", "parameters": []}}], "tool_choice": "required"}""",
        Hello + "} trailing", "{\"messages\": [{\"role\": \"user\", \"content\": \"\\ud800\"}], \"n\": -1}",
    ];

    public static IEnumerable<RequestKind> All() =>
    [
        Kind("hostile body", 6, (client, random, attempt, cancellation) => client.AskAsync(attempt, Chat, Bodies[random.Next(Bodies.Length)], cancellation)),
        Kind("body of deep arrays", 1, (client, random, attempt, cancellation) => client.AskAsync(attempt, Chat, new string('[', random.Next(100, 100_000)), cancellation)),
        Kind("body of random bytes", 1, (client, random, attempt, cancellation) =>
        {
            var bytes = new byte[random.Next(1, 5000)];
            random.NextBytes(bytes);
            return client.SendRawAsync(attempt, RawRequest.Post(Chat, bytes), waits: true, cancellation);
        }),
        Kind("body that is too long", 1, (client, random, attempt, cancellation) =>
            client.SendRawAsync(attempt, RawRequest.Post(Chat, [], length: random.NextInt64(5_000_000, long.MaxValue)), waits: true, cancellation)),
        Kind("prompt that is too long", 1, (client, random, attempt, cancellation) =>
            client.AskAsync(attempt, "v1/completions", $$"""{"prompt": "{{new string('x', random.Next(100_000, 1_000_000))}}"}""", cancellation)),
        Kind("grammar of a thousand branches", 1, (client, random, attempt, cancellation) =>
        {
            // Each branch is another, so that no cache knows it.
            var branches = string.Join(',', Enumerable.Range(0, 1000).Select(_ =>
                $$"""{ "type": "object", "properties": { "p{{random.Next()}}": { "type": "string", "maxLength": {{random.Next(1, 900)}} } } }"""));
            return client.AskAsync(attempt, Chat, Hello + $$""", "response_format": { "type": "json_schema", "json_schema": { "name": "x", "schema": { "anyOf": [{{branches}}] } } } }""", cancellation);
        }),
        Kind("another host or origin", 2, (client, random, attempt, cancellation) =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "v1/models");
            if (random.Next(2) == 0) request.Headers.Host = "attacker.example";
            else request.Headers.Add("Origin", "https://attacker.example");
            return client.SendAsync(attempt, request, cancellation);
        }),
        Kind("another path or method", 2, (client, random, attempt, cancellation) =>
        {
            (HttpMethod, string)[] requests =
            [
                (HttpMethod.Get, "v1/nothing"), (HttpMethod.Delete, "v1/models"), (HttpMethod.Get, Chat), (HttpMethod.Put, "health"), (HttpMethod.Get, "..%2f..%2fetc/passwd"),
                (HttpMethod.Get, "page/%00"), (HttpMethod.Get, new string('a', 7000)), (HttpMethod.Patch, "moesaic/policy"), (new HttpMethod("NONSENSE"), "v1/models"),
            ];
            var (method, path) = requests[random.Next(requests.Length)];
            return client.SendAsync(attempt, new HttpRequestMessage(method, path), cancellation);
        }),
        Kind("no HTTP at all", 2, (client, random, attempt, cancellation) =>
        {
            byte[][] garbage =
            [
                RawRequest.Ascii("\r\n\r\n\r\n"), RawRequest.Ascii("GET /\r\n\r\n"), RawRequest.Ascii("GET / HTTP/1.1\r\n\r\n"), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
                RawRequest.Ascii("GET / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n"), RawRequest.Ascii($"GET / HTTP/1.1\r\nHost: localhost\r\nA: {new string('b', 60_000)}\r\n\r\n"),
                RawRequest.Ascii($"POST /{Chat} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Encoding.UTF8.GetBytes("GET /é HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                RawRequest.Ascii($"POST /{Chat} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n"),
            ];
            return client.SendRawAsync(attempt, garbage[random.Next(garbage.Length)], waits: true, cancellation, isAll: true);
        }),
        // Half a request, and then nothing: the server ends that by itself.
        Kind("half a request", 1, (client, random, attempt, cancellation) =>
        {
            var bytes = RawRequest.Post(Chat, Hello + "}");
            return client.SendRawAsync(attempt, bytes[..random.Next(1, bytes.Length - 1)], waits: true, cancellation);
        }),
    ];

    static RequestKind Kind(string name, int weight, Func<LoadClient, Random, Attempt, CancellationToken, Task> act) =>
        new(name, weight, status => RequestKind.IsRefused(status) || RequestKind.IsBusy(status), act);
}
