import { atMost, none } from './budget.mjs';

const longest = 300;
const typical = 100;
/** In one of the first lines of a file that may be longer, followed by the reason. */
const excuse = /Long because: \S/;

/** Files are short: none over 300 lines without a reason in its header, half of those in src/ under 100. */
export function checkLines({ below, read }) {
  const files = below('.', ['.ts', '.mjs']).map((path) => {
    const lines = read(path).trimEnd().split('\n');
    return { path, length: lines.length, excused: excuse.test(lines.slice(0, 5).join('\n')) };
  });
  const long = files.filter(({ length, excused }) => length > longest && !excused);
  const engine = files.filter(({ path }) => path.startsWith('src/')).map(({ length }) => length);
  const median = engine.sort((a, b) => a - b)[engine.length >> 1];
  return [
    none(
      `files over ${longest} lines without "Long because:" in the header`,
      long.map(({ path, length }) => `${path}: ${length} lines`),
    ),
    atMost('median length of the files in src/', median, typical, ' lines'),
  ];
}
