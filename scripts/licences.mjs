import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the package that a bundled file belongs to; undefined for our own files. */
function packageFolder(file) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/**
 * Name, version and licence text of every package of which a byte reached the bundle.
 *
 * Errors    Error for a package without a licence file: it may not be shipped
 */
export function licenceTexts(root, metafile) {
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const licence = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) {
      throw new Error(`${name} is bundled into the command, but ${folder} has no licence file`);
    }
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, licence), 'utf8').trim()}\n`;
  });
  const intro = 'dist/cli/baton.js contains these packages:\n';
  return [intro, ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}
