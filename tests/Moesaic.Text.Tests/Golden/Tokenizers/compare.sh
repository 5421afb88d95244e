#!/bin/sh
# Holds our ids and texts against the reference on real tokenizers and any text files, line by line:
#   compare.sh FOLDER [TEXT...]
# FOLDER has a tokenizer.json (npm package @huggingface/tokenizers, its folder in NODE_TOKENIZERS) or a tokenizer.model
# (Debian's python3-sentencepiece). The golden lines are always among the compared ones.
set -e
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PYTHON=${PYTHON:-/usr/bin/python3}
$PYTHON "$here/compare.py" texts "$work/texts.json" "$@"
dotnet run -c Release --project "$here/../../../../bench/Moesaic.Bench" -- tokenize "$folder" "$work/texts.json" "$work/ours.json"
if [ -f "$folder/tokenizer.json" ]; then
    node "$here/compare.mjs" "$folder" "$work/texts.json" "$work/ours.json"
else
    $PYTHON "$here/compare.py" sentencepiece "$folder" "$work/texts.json" "$work/ours.json"
fi
