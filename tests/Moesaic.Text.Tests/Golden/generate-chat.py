"""Renders Chat/templates/*.jinja over the conversations below into Chat/conversations.json and Chat/outputs/*.json.

    apt-get install python3-jinja2; /usr/bin/python3 generate-chat.py [folder with further templates, folder for their outputs]
"""
import json
import pathlib
import sys

from environment import HEADER, environment, render

HERE = pathlib.Path(__file__).parent / "Chat"


def say(role, content, **more):
    return {"role": role, "content": content, **more}


def call(name, arguments, id=None):
    made = {"type": "function", "function": {"name": name, "arguments": arguments}}
    return {"id": id, **made} if id else made


def tool(name, description, properties, **more):
    parameters = {"type": "object", "properties": properties, **more}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


WEATHER = tool("get_weather", "The weather of a city, in °C.", {
    "city": {"type": "string", "description": "The city, e.g. \"Zürich\""},
    "days": {"type": "integer", "description": "How many", "default": 1},
    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "description": "Unit", "default": "celsius"},
}, required=["city"])
MIXED = tool("mixed", "Everything <odd> & 'quoted'", {
    "names": {"type": "array", "items": {"type": "string"}, "description": "Names"},
    "grid": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}, "description": "Grid"},
    "either": {"type": ["string", "null"], "description": "Either"},
    "one": {"oneOf": [{"type": "string", "description": "text", "default": "x"}, {"type": "number"}], "description": "One of", "default": "x"},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Map"},
    "deep": {"type": "object", "properties": {"flag": {"type": "boolean"}, "ratio": {"type": "number", "default": 0.5}}, "required": ["flag"], "description": "Deep"},
    "open": {"type": "array", "description": "Anything", "nullable": True},
}, required=["names", "deep"])
NOTHING = tool("now", "The time", {})

CONVERSATIONS = {
    "one question": [say("user", "Hello, who are you?")],
    "system": [say("system", "You are terse.\n"), say("user", "Hi"), say("assistant", "Hi."), say("user", "Bye")],
    "long": [say("user", "1"), say("assistant", "one"), say("user", "2"), say("assistant", "two"), say("user", "3"), say("assistant", "three")],
    "blanks": [say("system", "  \n padded \t"), say("user", "\n\n  a  \n"), say("assistant", "  b\n\n"), say("user", " ")],
    "empty": [say("system", ""), say("user", ""), say("assistant", ""), say("user", "")],
    "unicode": [say("user", "Grüße 𝄞 漢字 \u00a0 \u2028 <b>&amp;</b> 'x' \"y\" \\n {{ 1 }} {% if %}"), say("assistant", "👩‍👩‍👧 ok")],
    "thoughts in the text": [say("user", "2+2?"), say("assistant", "<think>\nEasy.\n</think>\n\n4"), say("user", "3+3?"), say("assistant", "<think>\nAlso easy.\n</think>\n\n6")],
    "thoughts apart": [say("user", "2+2?"), say("assistant", "4", reasoning_content="Easy.\n", thinking="Easy.")],
    "thinking switched": [say("system", "Be brief. /no_think"), say("user", "Why? /nothink"), say("assistant", "Because.")],
    "tool call": [
        say("system", "Use tools."), say("user", "Weather in Zürich?"),
        {"role": "assistant", "content": "", "tool_calls": [call("get_weather", {"city": "Zürich", "days": 2, "exact": True, "note": None}, "abcdefghi")]},
        say("tool", "{\"temp\": 21.5}", name="get_weather", tool_call_id="abcdefghi"),
        say("assistant", "21.5 °C."), say("user", "Thanks")],
    "two tool calls": [
        say("user", "Weather in Oslo and Rome?"),
        say("assistant", "Let me look.", tool_calls=[call("get_weather", {"city": "Oslo"}, "aaaaaaaa1"), call("get_weather", {"city": "Rome"}, "aaaaaaaa2")]),
        say("tool", "3", tool_call_id="aaaaaaaa1"), say("tool", "19", tool_call_id="aaaaaaaa2"),
        say("assistant", "3 and 19.")],
    "call without content": [
        say("user", "Now?"), {"role": "assistant", "tool_calls": [{"name": "now", "arguments": {}}]},
        say("tool", "noon")],
    "call with none content": [
        say("user", "Now?"), {"role": "assistant", "content": None, "tool_calls": [call("now", {}, "bad id")]},
        say("tool", "noon", tool_call_id="bad id")],
    "arguments as text": [say("user", "Now?"), say("assistant", "", tool_calls=[call("now", "{\"zone\": \"UTC\"}", "123456789")]), say("tool", "12:00", tool_call_id="123456789")],
    "content in parts": [say("user", [{"type": "text", "text": "part one "}, {"type": "text", "text": "part two"}]), say("assistant", "ok")],
    "two users": [say("user", "a"), say("user", "b")],
    "assistant first": [say("assistant", "I begin."), say("user", "ok")],
    "late system": [say("user", "a"), say("system", "b"), say("user", "c")],
    "unknown role": [say("user", "a"), say("robot", "b")],
    "developer": [say("developer", "Obey."), say("user", "a")],
    "prefix": [say("user", "Count"), say("assistant", "1, 2,", prefix=True)],
    "channel": [say("user", "a"), say("assistant", "<|channel|>final<|message|>b")],
    "nobody": [],
}
DOCUMENTS = [{"doc_id": 1, "title": "A", "text": "First."}, {"doc_id": 2, "title": "B", "text": "Second."}]
OPTIONS = {
    "prompt": {"add_generation_prompt": True},
    "closed": {"add_generation_prompt": False},
    "tools": {"add_generation_prompt": True, "tools": [WEATHER]},
    "all tools": {"add_generation_prompt": False, "tools": [WEATHER, MIXED, NOTHING], "builtin_tools": ["browser", "python", "search", "get_weather"]},
    "no thinking": {"add_generation_prompt": True, "enable_thinking": False},
    "thinking": {"add_generation_prompt": True, "enable_thinking": True, "thinking": True, "reasoning_effort": "high", "model_identity": "You are me."},
    "documents": {"add_generation_prompt": True, "documents": DOCUMENTS, "controls": {"citations": True, "length": "long"}},
}
# Every conversation is rendered plainly; these also with everything else.
FULLY = {"one question", "system", "tool call", "two tool calls", "thoughts in the text"}


def outputs(template):
    made = []
    for name, messages in CONVERSATIONS.items():
        for option, values in OPTIONS.items():
            if option in ("prompt", "closed") or name in FULLY:
                spans = []
                env = environment(lambda text: spans.append(text) or text)
                result = render(env, template, {"tools": None, "documents": None, "bos_token": "<s>", "eos_token": "</s>", "messages": messages, **values})
                if spans:
                    result["generated"] = spans
                made.append({"conversation": name, "option": option, **result})
    return {"made by": "generate-chat.py", **HEADER, "cases": made}


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(HERE / "conversations.json", {"conversations": CONVERSATIONS, "options": OPTIONS})
    source, target = (pathlib.Path(p) for p in sys.argv[1:3]) if len(sys.argv) > 1 else (HERE / "templates", HERE / "outputs")
    for path in sorted(source.glob("*.jinja")):
        write(target / (path.stem + ".json"), outputs(path.read_text(encoding="utf-8")))
