/**
 * Draws how long a large model, a small one and the hybrid of both take for each token, from the `curves` of a run:
 *
 *   node bench/plot.mjs [RESULTS.json] [OUT.svg]        needs: node bench/setup.mjs plot
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, View } from 'vega';
import { compile } from 'vega-lite';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [from = here('results.json'), to = here('results.svg')] = process.argv.slice(2);
const { curves = [], machine } = JSON.parse(readFileSync(from, 'utf8'));
if (curves.length === 0) throw new Error(`${from} has no curves: run the benchmark with --families`);

const titles = {
  'en-de': 'trained for this repository',
  't5-large+gpt2': 'T5-large and GPT-2',
  't5-large+t5-small': 'T5-large and T5-small',
};
const writers = ['LLM alone', 'hybrid', 'SLM alone'];
const row = curves.some((each) => each.row.includes(' int8 ')) ? ' int8 ' : ' f32 ';
const shown = curves.filter((each) => each.row.includes(row));
const panels = Object.entries(titles).filter(([family]) => shown.some((each) => each.family === family));

/** One panel a family; each begins at 0, so that heights may be compared within it. */
const panel = ([family, title]) => ({
  title: { text: title, anchor: 'start', fontSize: 13, fontWeight: 600, offset: 10 },
  width: 230,
  height: 200,
  data: { values: shown.filter((each) => each.family === family).flatMap(points) },
  mark: { type: 'line', strokeWidth: 2.5, interpolate: 'linear' },
  encoding: {
    x: { field: 'token', type: 'quantitative', title: 'tokens written', axis: { grid: false, tickCount: 5 } },
    y: { field: 'seconds', type: 'quantitative', title: 'seconds', scale: { nice: 5 }, axis: { tickCount: 5 } },
    color: {
      field: 'writer',
      type: 'nominal',
      scale: { domain: writers, range: ['#b3541e', '#1f6f8b', '#8a8a8a'] },
      legend: { title: null, orient: 'bottom', labelFontSize: 12, symbolStrokeWidth: 3, symbolSize: 220 },
    },
  },
});

const points = ({ writer, ms }) => ms.map((each, i) => ({ writer, token: i + 1, seconds: each / 1000 }));

const { spec } = compile({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  background: 'white',
  padding: 16,
  title: {
    text: 'Time until each token is there',
    subtitle: `${shown[0].row} on ${machine.cpu}, Node.js ${machine.node}`,
    anchor: 'start',
    fontSize: 16,
    subtitleFontSize: 12,
    subtitleColor: '#555',
    offset: 16,
  },
  hconcat: panels.map(panel),
  bounds: 'flush', // by the axes, so that titles stand on one line
  spacing: 76,
  resolve: { scale: { y: 'independent', x: 'independent', color: 'shared' } },
  config: {
    font: 'Helvetica, Arial, sans-serif',
    axis: {
      labelFontSize: 11,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      gridColor: '#e6e6e6',
      domainColor: '#999',
    },
    view: { stroke: null },
  },
});
writeFileSync(to, await new View(parse(spec), { renderer: 'none' }).toSVG());
