/**
 * What must not grow, creep in or turn round, measured and compared: one line per budget, the offenders below it.
 * The built files are checked as they lie in dist/; run the build first.
 */
import { fileURLToPath } from 'node:url';
import { checkBundle } from './budgets/bundle.mjs';
import { checkImports } from './budgets/imports.mjs';
import { checkLines } from './budgets/lines.mjs';
import { checkPack } from './budgets/pack.mjs';
import { projectAt } from './budgets/project.mjs';
import { checkWords } from './budgets/words.mjs';

const project = projectAt(fileURLToPath(new URL('..', import.meta.url)));
const budgets = [checkLines, checkImports, checkWords, checkBundle, checkPack].flatMap((check) => check(project));

const width = Math.max(...budgets.map(({ name }) => name.length));
for (const { name, value, limit, ok, offenders } of budgets) {
  const sign = ok ? 'ok    ' : 'BROKEN';
  console.log(`${sign}  ${name.padEnd(width)}  ${String(value).padStart(9)}  ${limit}`);
  for (const offender of ok ? [] : offenders) console.log(`          ${offender}`);
}
const broken = budgets.filter(({ ok }) => !ok).length;
console.log(`${budgets.length} budgets, ${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
