import type { Command } from 'commander';
import { FormatError, verifyManifest } from '../../../src/index.node.ts';
import { inspect } from '../inspect.ts';
import { reportLines } from '../inspect-text.ts';
import { signal } from '../interrupt.ts';
import { addOutputOptions } from '../output-options.ts';
import { count, printJson, printLine, size } from '../terminal.ts';

interface InspectFlags {
  readonly verify?: boolean;
  readonly json?: boolean;
}

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('what a file or folder holds: config, tensors, tokenizer, sizes, and whether it is valid')
    .argument('<path>', 'a folder, a safetensors file, a tokenizer')
    .option('--verify', 'compare every file with manifest.json of the folder');
  addOutputOptions(command).action(show);
}

async function show(path: string, { verify, json }: InspectFlags): Promise<void> {
  const report = await inspect(path);
  if (json) await printJson(report);
  else for (const line of reportLines(report)) await printLine(line);
  const { problems } = report;
  if (problems.length > 0) {
    throw new FormatError(problems.length === 1 ? problems[0] : `${problems.length} problems: ${problems.join(' · ')}`);
  }
  if (!verify) return;
  const { files, bytes } = await verifyManifest(path, { signal });
  if (!json) await printLine(`\n${count(files, 'file')}, ${size(bytes)}: as manifest.json lists them`);
}
