"""Writes decompositions.txt, the data behind UnicodeNormalization.cs, from Python's unicodedata (run: python3 decompositions.py).

One line per code point that is not its own full decomposition or has a combining class:
  code;class;kind;decomposition   kind: c canonical, k compatibility, x canonical but never composed, - none
Hangul syllables are computed, not listed.
"""
import pathlib
import sys
import unicodedata as u

lines = [f"# Unicode {u.unidata_version}, by decompositions.py"]
for cp in range(sys.maxunicode + 1):
    c = chr(cp)
    if 0xD800 <= cp < 0xE000 or 0xAC00 <= cp <= 0xD7A3:
        continue
    ccc, d = u.combining(c), u.decomposition(c)
    if not ccc and not d:
        continue
    kind = "-"
    if d.startswith("<"):
        kind, d = "k", d.split("> ")[1]
    elif d:
        kind = "c" if u.normalize("NFC", c) == c else "x"
    lines.append(f"{cp:X};{ccc};{kind};{d}")
pathlib.Path(__file__).with_name("decompositions.txt").write_text("\n".join(lines) + "\n", newline="\n")
