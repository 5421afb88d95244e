"""Trains the two small SentencePiece models of the golden tests (Debian: apt-get install python3-sentencepiece).

unigram: the library's defaults (nmt_nfkc rules, extra white space removed) and user-defined pieces.
bpe: LLaMA's settings (no rules, byte fallback, white space kept, digits split).
"""
import gzip
import io
import json
import pathlib

import sentencepiece

here = pathlib.Path(__file__).parent
lines = [line.replace("\n", " ") for line in json.loads(gzip.open(here / "lines.json.gz").read())[:2400]]


def train(name, **settings):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, minloglevel=2, num_threads=1, **settings)
    (here / name).mkdir(exist_ok=True)
    (here / name / "tokenizer.model").write_bytes(model.getvalue())
    print(name, len(model.getvalue()), "bytes")


train("unigram", model_type="unigram", vocab_size=990, character_coverage=0.99, user_defined_symbols=["<sep>", "[INST]", "don"])
train("bpe", model_type="bpe", vocab_size=1500, character_coverage=0.98, byte_fallback=True, normalization_rule_name="identity",
      remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
