"""Writes reference.txt beside each given model: python3-sentencepiece's ids and texts as a hash per line.

python3 reference_sentencepiece.py unigram bpe
"""
import gzip
import json
import pathlib
import sys

import sentencepiece

here = pathlib.Path(__file__).parent
lines = json.loads(gzip.open(here / "lines.json.gz").read())


def fnv(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{value:08x}"


for name in sys.argv[1:]:
    model = sentencepiece.SentencePieceProcessor(model_file=str(here / name / "tokenizer.model"))
    out = [f"# sentencepiece {sentencepiece.__version__}: FNV-1a of the ids, of the decoded text"]
    for line in lines:
        ids = model.encode(line)
        out.append(fnv(",".join(map(str, ids))) + " " + fnv(model.decode(ids)))
    # Invalid UTF-8: the bytes of every line with some knocked out.
    for i, line in enumerate(lines):
        data = bytes(b for k, b in enumerate(line.encode()) if (k + i) % 7)
        out.append(fnv(",".join(map(str, model.encode(data)))))
    (here / name / "reference.txt").write_text("\n".join(out) + "\n", newline="\n")
    print(name, len(lines))
