import { filesBelow, none, read } from './files.mjs';

const code = ['.ts', '.mjs'];
const text = [...code, '.json', '.md', '.html', '.css', '.js', '.py', '.sh', '.yml', ''];

const rules = [
  {
    name: 'machine paths',
    files: () => filesBelow('.', text),
    word: /(?<![\w.~:/$}-])\/(?:work|root|home|Users)\/\w/,
  },
  {
    name: 'hosts of package registries',
    files: () => filesBelow('.', text),
    word: /\b(?:npmjs\.(?:org|com)|pypi\.org|deb\.debian\.org|crates\.io)\b/,
  },
  {
    name: 'casts and comments that hide a type',
    files: () => ['src', 'apps'].flatMap((folder) => filesBelow(folder, code)),
    word: /\bas (?:any|never as|unknown as)\b|@ts-(?:ignore|expect-error|nocheck)|biome-ignore/,
  },
  {
    name: 'unfinished places',
    files: () => ['src', 'apps'].flatMap((folder) => filesBelow(folder, code)),
    word: /\b(?:TODO|FIXME|XXX)\b/,
  },
  {
    name: 'code made from strings',
    files: () => ['src', 'apps'].flatMap((folder) => filesBelow(folder, code)),
    word: /\beval\(|\bnew Function\b/,
  },
  {
    name: 'tests switched off or focused without a condition',
    files: () => filesBelow('test', code),
    word: /\b(?:it|test|describe)\.(?:only|todo|skip)\b/,
  },
];

/** Words that have no place in what is committed, each with the files it is looked for in. */
export function checkWords() {
  return rules.map(({ name, files, word }) => {
    const found = files().flatMap((path) => {
      const line = read(path)
        .split('\n')
        .findIndex((each) => word.test(each));
      return line < 0 ? [] : [`${path}:${line + 1}`];
    });
    return none(name, found);
  });
}
