"""Renders every line of Jinja/snippets.txt with jinja2 into Jinja/snippets.json.

    apt-get install python3-jinja2; /usr/bin/python3 generate-jinja.py

In a line, ⏎ stands for a line end. Lines that begin with # are headings.
"""
import json
import pathlib

from environment import HEADER, environment, render

HERE = pathlib.Path(__file__).parent / "Jinja"
VALUES = {
    "n": 7, "x": -2.5, "big": 2**70, "yes": True, "no": False, "nil": None, "s": "Hello, World", "pad": "  a b\tc \n", "u": "a𝄞é漢",
    "l": [3, 1, 2], "names": ["b", "A", "c", "a"], "e": [], "d": {"b": 1, "a": [1, "x", None], "C": {"k": True}}, "items_less": {"k": 1},
    "users": [{"name": "Ann", "age": 3, "tags": ["t"]}, {"name": "bob", "age": 1}, {"name": "Cy", "age": 2, "ok": True}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": [{"v": 3}]}, {"v": 4}]}, {"v": 5}],
}

if __name__ == "__main__":
    cases = []
    for line in (HERE / "snippets.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            template = line.replace("⏎", "\n")
            cases.append({"template": template, **render(environment(), template, VALUES)})
    made = {"made by": "generate-jinja.py", **HEADER, "values": VALUES, "cases": cases}
    (HERE / "snippets.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
