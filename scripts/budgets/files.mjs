import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed, built or fetched, never written here. */
const notOurs = /^(node_modules|dist|coverage|\.git|\.dist-.*)$/;

/** Paths of our files below a folder that end in one of the extensions, relative to the root, with forward slashes. */
export function filesBelow(folder, extensions) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (notOurs.test(entry.name)) return [];
    if (entry.isDirectory()) return filesBelow(path, extensions);
    return extensions.includes(extname(entry.name)) ? [relative('.', path).split(sep).join('/')] : [];
  });
}

export const read = (path) => readFileSync(join(root, path), 'utf8');

/** A budget that holds where nothing offends. */
export const none = (name, offenders) => ({
  name,
  value: offenders.length,
  limit: 'none',
  ok: offenders.length === 0,
  offenders,
});

/** A budget with an upper limit. */
export const atMost = (name, value, limit, unit, offenders) => ({
  name,
  value: `${Math.round(value * 10) / 10}${unit}`,
  limit: `≤ ${limit}${unit}`,
  ok: value <= limit,
  offenders,
});
