"""The Python half of compare.sh: gathers texts, and compares with python3-sentencepiece."""
import gzip
import json
import pathlib
import sys


def texts(out, *files):
    lines = json.loads(gzip.open(pathlib.Path(__file__).with_name("lines.json.gz")).read())
    for file in files:
        lines += pathlib.Path(file).read_text(encoding="utf-8", errors="replace").split("\n")
    pathlib.Path(out).write_text(json.dumps(lines))


def sentencepiece(folder, texts, ours):
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model")
    pairs = list(zip(json.loads(pathlib.Path(texts).read_text()), json.loads(pathlib.Path(ours).read_text())))
    ids = [text for text, made in pairs if model.encode(text) != made["ids"]]
    decoded = [text for text, made in pairs if model.decode(made["ids"]) != made["text"]]
    print(f"{len(pairs)} texts: ids differ in {len(ids)}, decoded text in {len(decoded)}", *map(repr, (ids + decoded)[:5]), sep="\n")
    sys.exit(1 if ids or decoded else 0)


{"texts": texts, "sentencepiece": sentencepiece}[sys.argv[1]](*sys.argv[2:])
