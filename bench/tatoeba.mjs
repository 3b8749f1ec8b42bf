/** The test sentences of the en-de family, made from Tatoeba's pairs as its README says (../shared/models/en-de). */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

/** A file of a zip, by the directory at its end. */
function unzipped(zip, wanted) {
  let at = zip.readUInt32LE(zip.lastIndexOf('PK\x05\x06') + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [size, name, extra, comment] = [20, 28, 30, 32].map((field, i) =>
      i === 0 ? zip.readUInt32LE(at + field) : zip.readUInt16LE(at + field),
    );
    if (zip.toString('utf8', at + 46, at + 46 + name) === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(begin, begin + size));
    }
    at += 46 + name + extra + comment;
  }
  throw new Error(`the zip holds no ${wanted}`);
}

const spaces = /[\t \u00a0\u00ad\u2000-\u200b\u2028\u2029\u202f\u3000\ufeff]+/g;
const normal = (text) => text.normalize('NFC').replace(spaces, ' ').trim();
const fits = (text) => text !== '' && text.split(' ').length <= 14 && [...text].length <= 80;
const keyOf = (english) => english.toLowerCase().replace(/[^a-z0-9]/g, '');

function fnv1a(text) {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/** The first `count` test sentences: { english, references }. */
export function testSentences(path, count = 1000) {
  const byKey = new Map();
  for (const line of unzipped(readFileSync(path), 'deu.txt').toString('utf8').split('\n')) {
    const [english, german] = line.split('\t').map(normal);
    if (german === undefined || !fits(english) || !fits(german)) continue;
    const key = keyOf(english);
    const found = byKey.get(key) ?? { english, references: new Set() };
    byKey.set(key, found);
    if (found.english === english) found.references.add(german);
  }
  return [...byKey.keys()]
    .map((key) => ({ key, hash: fnv1a(key) }))
    .sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1))
    .slice(0, count)
    .map(({ key }) => ({ ...byKey.get(key), references: [...byKey.get(key).references] }));
}
