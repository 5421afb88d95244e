"""Derives tokenizer.json files in the manner of published models from byte_level/ (our trainer's) and bpe/ (SentencePiece).

The vocabularies are small, the pipelines are those of Llama-3, GPT-2, Qwen2, GPT-4o, DeepSeek-V3, Mistral and LLaMA-2.
"""
import copy
import json
import pathlib

import sentencepiece

here = pathlib.Path(__file__).parent
base = json.loads((here / "byte_level/tokenizer.json").read_text())
LLAMA3 = base["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def added(first, *tokens):
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return [{"id": first + i, "content": content, **{f: f in on for f in flags}} for i, (content, *on) in enumerate(tokens)]


def write(name, tokenizer, config=None):
    (here / name).mkdir(exist_ok=True)
    for file, content in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config or {"tokenizer_class": "PreTrainedTokenizerFast"})):
        (here / name / file).write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", newline="\n")


def byte_level(name, **sections):
    tokenizer = copy.deepcopy(base)
    tokenizer.update(sections)
    write(name, tokenizer)


count = len(base["model"]["vocab"])
byte_level("llama3", model={**base["model"], "ignore_merges": True, "merges": [m.split(" ") for m in base["model"]["merges"]]})
byte_level("gpt2", pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
           post_processor={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False},
           added_tokens=added(count, ("<|end|>", "special")))
byte_level("gpt2_prefix", post_processor=BYTES, pre_tokenizer={"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
           added_tokens=added(count, ("<|end|>", "special", "lstrip"), ("<sep>", "rstrip"), ("[INST]",), ("▁", "lstrip", "rstrip")))
byte_level("qwen", normalizer={"type": "NFC"},
           pre_tokenizer={"type": "Sequence", "pretokenizers": [split(LLAMA3.replace("{1,3}", "")), BYTES]},
           post_processor=BYTES, added_tokens=added(count, ("<|im_start|>", "special"), ("<|end|>", "special"), ("<sep>",)))
byte_level("gpt4o", pre_tokenizer={"type": "Sequence", "pretokenizers": [split(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+", "Removed", True), BYTES]})
byte_level("deepseek", normalizer={"type": "Sequence", "normalizers": []}, pre_tokenizer={"type": "Sequence", "pretokenizers": [
    split(r"\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"),
    split(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
    BYTES]})
byte_level("digits", normalizer={"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}, {"type": "Strip", "strip_left": True, "strip_right": True}]},
           pre_tokenizer={"type": "Sequence", "pretokenizers": [
               {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "Digits", "individual_digits": True},
               {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]})

# The merges of a SentencePiece BPE: every way to make a piece of two pieces, in the order of the made piece's score.
model = sentencepiece.SentencePieceProcessor(model_file=str(here / "bpe/tokenizer.model"))
pieces = [model.id_to_piece(i) for i in range(len(model))]
ids = {p: i for i, p in enumerate(pieces)}
merges = []
for piece in pieces[259:]:
    halves = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in ids and piece[i:] in ids]
    merges += [list(h) for h in sorted(halves, key=lambda h: (ids[h[0]], ids[h[1]]))]
sentence_piece = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": added(0, ("<unk>", "special"), ("<s>", "special"), ("</s>", "special")),
    "normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False},
    "post_processor": {
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
    "decoder": {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None,
              "fuse_unk": True, "byte_fallback": True, "ignore_merges": False, "vocab": ids, "merges": merges},
}
roles = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer"}
write("mistral", sentence_piece, roles)
write("llama2", {**sentence_piece, "pre_tokenizer": None, "normalizer": {"type": "Sequence", "normalizers": [
    {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}}, roles)
