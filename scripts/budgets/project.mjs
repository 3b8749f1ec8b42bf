import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, posix } from 'node:path';

/** What is installed, built or fetched, never written here. */
const notOurs = /^(node_modules|venv|dist|coverage|out|\.git|\.dist-.*)$/;

/** The files of a project, all that most budgets see of it: paths relative to the root, with forward slashes. */
export function projectAt(root) {
  const below = (folder, extensions) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (notOurs.test(entry.name)) return [];
      if (entry.isDirectory()) return below(path, extensions);
      return extensions.includes(extname(entry.name)) ? [path] : [];
    });
  return { root, below, read: (path) => readFileSync(join(root, path), 'utf8') };
}
