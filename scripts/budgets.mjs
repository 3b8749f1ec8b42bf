/**
 * What must not grow, creep in or turn round, measured and compared: one line per budget, the offenders below it.
 * The built files are checked as they lie in dist/; run the build first.
 */
import { checkBundle } from './budgets/bundle.mjs';
import { checkImports } from './budgets/imports.mjs';
import { checkLines } from './budgets/lines.mjs';
import { checkPack } from './budgets/pack.mjs';
import { checkWords } from './budgets/words.mjs';

const rows = [...checkLines(), ...checkImports(), ...checkWords(), ...checkBundle(), ...checkPack()];

const width = Math.max(...rows.map(({ name }) => name.length));
for (const { name, value, limit, ok, offenders = [] } of rows) {
  const sign = ok ? 'ok    ' : 'BROKEN';
  console.log(`${sign}  ${name.padEnd(width)}  ${String(value).padStart(12)}  ${limit ?? ''}`.trimEnd());
  for (const offender of ok ? [] : offenders) console.log(`          ${offender}`);
}
const broken = rows.filter(({ ok }) => !ok).length;
console.log(`${rows.length} budgets, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
