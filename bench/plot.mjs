/**
 * Draws how long a large model, a small one and the hybrid of both take for each token, from the `curves` of a run, in two
 * pictures: for light pages and for dark ones.
 *
 *   node bench/plot.mjs [RESULTS.json] [FOLDER]        results.svg, results-dark.svg; needs: node bench/setup.mjs plot
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { labelsOf } from './plot/labels.mjs';
import { themes } from './plot/themes.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [from = here('results.json'), folder = here('.')] = process.argv.slice(2);
const { curves = [], machine } = JSON.parse(readFileSync(from, 'utf8'));
if (curves.length === 0) throw new Error(`${from} has no curves: run the benchmark with --families`);

const titles = {
  't5-large+t5-small': 'T5-large, T5-small',
  't5-large+gpt2': 'T5-large, GPT-2',
  'en-de': 'English to German, trained here',
};
const writers = ['LLM alone', 'hybrid', 'SLM alone'];
const own = curves.filter((each) => each.row.startsWith('batonlm '));
const dtype = own.some((each) => each.row.includes(' int8 ')) ? ' int8 ' : ' f32 ';
const shown = own.filter((each) => each.row.includes(dtype));
const panels = Object.entries(titles).filter(([family]) => shown.some((each) => each.family === family));
const [width, height] = [190, 210];

/** One panel a family; each begins at 0, so that heights may be compared within it. */
function panel([family, title], { colours, strong }) {
  const lines = shown.filter((each) => each.family === family);
  const longest = Math.max(...lines.map(({ ms }) => ms.at(-1)));
  const [unit, words] = longest < 1000 ? [1, 'milliseconds'] : [1000, 'seconds'];
  const top = (1.08 * longest) / unit;
  const tokens = lines[0].ms.length;
  const x = {
    field: 'token',
    type: 'quantitative',
    title: 'tokens written',
    scale: { domain: [0, tokens], nice: false },
  };
  const y = { field: 'time', type: 'quantitative', title: words, scale: { domain: [0, top], nice: false } };
  const color = { field: 'writer', type: 'nominal', legend: null, scale: { domain: writers, range: colours } };
  return {
    title: { text: title, anchor: 'start', fontSize: 13, fontWeight: 600, color: strong, offset: 12, frame: 'group' },
    width,
    height,
    layer: [
      {
        data: {
          values: lines.flatMap(({ writer, ms }) => ms.map((each, i) => ({ writer, token: i + 1, time: each / unit }))),
        },
        mark: { type: 'line', strokeWidth: 2.5, strokeCap: 'round' },
        encoding: { x: { ...x, axis: { grid: false, tickCount: 5 } }, y: { ...y, axis: { tickCount: 5 } }, color },
      },
      {
        data: { values: labelsOf(lines, unit, top, height).map((each) => ({ ...each, token: tokens })) },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'middle',
          dx: 8,
          dy: -7,
          fontSize: 12,
          fontWeight: 600,
          lineHeight: 14,
        },
        encoding: { x, y, color, text: { field: 'words' } },
      },
    ],
  };
}

const spec = ({ background, strong, text, faint, line, colours }) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background,
  padding: { left: 16, top: 16, bottom: 12, right: 0 },
  title: {
    text: 'Time until each token is there',
    subtitle: `${shown[0].row}, ${machine.cpu}, Node.js ${machine.node}`,
    anchor: 'start',
    fontSize: 17,
    color: strong,
    subtitleFontSize: 12,
    subtitleColor: text,
    offset: 18,
  },
  hconcat: panels.map((each) => panel(each, { colours, strong })),
  bounds: 'flush', // by the axes, so that titles stand on one line
  spacing: 132, // room for the words at the ends of the lines
  resolve: { scale: { y: 'independent', x: 'independent' } },
  config: {
    font: 'Helvetica, Arial, sans-serif',
    axis: {
      labelFontSize: 11,
      labelColor: text,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      titleColor: text,
      gridColor: faint,
      domainColor: line,
      tickColor: line,
    },
    view: { stroke: null },
  },
});

for (const [name, theme] of Object.entries(themes)) {
  const view = new View(parse(compile(spec(theme)).spec), { renderer: 'none' });
  writeFileSync(join(folder, name), await view.toSVG());
}
