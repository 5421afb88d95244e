// Writes reference.txt beside each given tokenizer.json: the ids and texts of npm's @huggingface/tokenizers as a hash per line.
// npm install @huggingface/tokenizers@0.2.0 (anywhere; its folder in NODE_TOKENIZERS), then
// node reference.mjs llama3 gpt2 gpt2_prefix qwen gpt4o deepseek digits mistral llama2 byte_level
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const here = import.meta.dirname;
const home = process.env.NODE_TOKENIZERS ?? 'node_modules/@huggingface/tokenizers';
const { Tokenizer } = await import(path.resolve(home, 'dist/tokenizers.mjs'));
const version = JSON.parse(fs.readFileSync(path.join(home, 'package.json'))).version;
const lines = JSON.parse(zlib.gunzipSync(fs.readFileSync(path.join(here, 'lines.json.gz'))));

function fnv(text) {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value.toString(16).padStart(8, '0');
}

// Where the port is known to differ from the Rust original, its answer is no reference (- in the file); tests of their own
// hold what is right. U+FEFF is white space to JavaScript and U+0085 is not, with Rust it is the other way round, and
// TextDecoder drops U+FEFF; digits that are not ASCII are no digits to the port's Digits; JavaScript knows a final sigma.
function differs(name, line) {
  if (name === 'digits') return /[\uFEFF\u0085Σ]|(?![0-9])\p{N}/u.test(line.normalize('NFKC'));
  return ['gpt2', 'gpt2_prefix', 'mistral', 'llama2'].includes(name) && /[\uFEFF\u0085]/.test(line);
}

for (const name of process.argv.slice(2)) {
  const json = file => JSON.parse(fs.readFileSync(path.join(here, name, file)));
  const tokenizer = new Tokenizer(json('tokenizer.json'), { ...json('tokenizer_config.json'), clean_up_tokenization_spaces: false });
  const out = [`# @huggingface/tokenizers ${version}, Unicode ${process.versions.unicode}: FNV-1a of the ids, of the decoded text`];
  for (const line of lines) {
    if (differs(name, line)) {
      out.push('-');
      continue;
    }
    const ids = tokenizer.encode(line).ids;
    out.push(fnv(ids.join(',')) + ' ' + fnv(ids.length ? tokenizer.decode(ids, { skip_special_tokens: true }) : ''));
  }
  fs.writeFileSync(path.join(here, name, 'reference.txt'), out.join('\n') + '\n');
  console.log(name, lines.length);
}
