/** `node scripts/manifest.mjs FOLDER`: writes FOLDER/manifest.json with size and sha256 of every other file below it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const name = 'manifest.json';

/** The text of a folder's manifest; paths in a fixed order, with forward slashes. */
export function manifestOf(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'))
    .filter((path) => path !== name)
    .sort();
  const files = paths.map((path) => {
    const bytes = readFileSync(join(folder, path));
    return [path, { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
  });
  return `${JSON.stringify({ files: Object.fromEntries(files) }, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error('usage: node scripts/manifest.mjs FOLDER');
    process.exit(2);
  }
  writeFileSync(join(folder, name), manifestOf(folder));
}
