import { none } from './budget.mjs';

const code = ['.ts', '.mjs'];
const text = [...code, '.json', '.md', '.html', '.css', '.js', '.py', '.sh', '.yml', ''];

/** Budget, folders and kinds of file it is about, and the word that has no place there. */
const rules = [
  ['machine paths', ['.'], text, /(?<![\w.~:/$}-])\/(?:work|root|home|Users)\/\w/],
  ['hosts of package registries', ['.'], text, /\b(?:npmjs\.(?:org|com)|pypi\.org|deb\.debian\.org|crates\.io)\b/],
  [
    'casts and comments that hide a type',
    ['src', 'apps'],
    code,
    /\bas (?:any(?=[;,)\]}.]|$)|unknown as\b)|@ts-(?:ignore|expect-error|nocheck)/,
  ],
  ['unfinished places', ['src', 'apps'], code, /\b(?:TODO|FIXME|XXX)\b/],
  ['code made from strings', ['src', 'apps'], code, /\beval\(|\bnew Function\b/],
  ['tests focused, or only promised', ['test'], code, /\b(?:it|test|describe)\.(?:only|todo)\b/],
];

/** Words that have no place in what is committed, with the first line of each file that has one. */
export function checkWords({ below, read }) {
  return rules.map(([name, folders, extensions, word]) => {
    const found = folders
      .flatMap((folder) => below(folder, extensions))
      .flatMap((path) => {
        const line = read(path)
          .split('\n')
          .findIndex((each) => word.test(each));
        return line < 0 ? [] : [`${path}:${line + 1}`];
      });
    return none(name, found);
  });
}
