// The JavaScript half of compare.sh: compares with npm's @huggingface/tokenizers. Texts with U+FEFF or U+0085 are counted
// apart: the port takes other characters for white space than the Rust original does (see reference.mjs).
import fs from 'node:fs';
import path from 'node:path';

const home = process.env.NODE_TOKENIZERS ?? 'node_modules/@huggingface/tokenizers';
const { Tokenizer } = await import(path.resolve(home, 'dist/tokenizers.mjs'));
const [folder, textsFile, oursFile] = process.argv.slice(2);
const read = file => JSON.parse(fs.readFileSync(file));
const config = path.join(folder, 'tokenizer_config.json');
const tokenizer = new Tokenizer(read(path.join(folder, 'tokenizer.json')),
  { ...(fs.existsSync(config) ? read(config) : {}), clean_up_tokenization_spaces: false });
const texts = read(textsFile);
const ours = read(oursFile);
let [ids, decoded, excused] = [0, 0, 0];
texts.forEach((text, i) => {
  const made = tokenizer.encode(text).ids;
  const sameIds = made.join() === ours[i].ids.join();
  const sameText = !sameIds || made.length === 0 || tokenizer.decode(made, { skip_special_tokens: true }) === ours[i].text;
  if (sameIds && sameText) return;
  if (/[\uFEFF\u0085]/.test(text)) excused++;
  else {
    if (ids + decoded < 5) console.log(JSON.stringify(text));
    if (sameIds) decoded++;
    else ids++;
  }
});
console.log(`${texts.length} texts: ids differ in ${ids}, decoded text in ${decoded}; ${excused} more where the port is known to be wrong`);
process.exit(ids + decoded > 0 ? 1 : 0);
