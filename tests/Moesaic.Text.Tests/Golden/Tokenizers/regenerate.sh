#!/bin/sh
# Makes all golden files of the tokenizers anew: python3-sentencepiece from Debian, the npm package by reference.mjs's header.
set -e
cd "$(dirname "$0")"
PYTHON=${PYTHON:-/usr/bin/python3}
$PYTHON make_lines.py
$PYTHON train_sentencepiece.py
(cd ../.. && MOESAIC_UPDATE_GOLDEN=1 dotnet test -c Release --filter "FullyQualifiedName~ByteLevelBpeTrainerTests")
$PYTHON make_variants.py
$PYTHON reference_sentencepiece.py unigram bpe
node reference.mjs byte_level llama3 gpt2 gpt2_prefix qwen gpt4o deepseek digits mistral llama2
