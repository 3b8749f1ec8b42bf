import type { Command } from 'commander';
import { AutoTokenizer, BatonError, FormatError, show, type Tokenizer } from '../../../src/index.node.ts';
import { signal } from '../interrupt.ts';
import { addOutputOptions } from '../output-options.ts';
import { stdinLines } from '../prompts.ts';
import { addRequired } from '../required.ts';
import { printJson } from '../terminal.ts';

interface TokenizeFlags {
  readonly model: string;
  readonly decode?: boolean;
  /** False after --no-special-tokens. */
  readonly specialTokens: boolean;
}

export function addTokenize(program: Command): void {
  const command = program
    .command('tokenize')
    .description('JSON strings on stdin, one a line → {"ids","pieces"}; with --decode arrays of ids → JSON strings');
  addRequired(command, '--model <dir>', 'folder, address or Hub id with a tokenizer')
    .option('--decode', 'ids to text')
    .option('--no-special-tokens', 'without the tokens that the model adds; with --decode special tokens are left out');
  addOutputOptions(command).action(tokenize);
}

async function tokenize({ model, decode = false, specialTokens }: TokenizeFlags): Promise<void> {
  const tokenizer = await AutoTokenizer.from_pretrained(model, { signal });
  let number = 0;
  for await (const line of stdinLines()) {
    number++;
    await printJson(answer(tokenizer, line, number, decode, specialTokens));
  }
}

/** What one line says in the other form; an error tells the line's number. */
function answer(tokenizer: Tokenizer, line: string, number: number, decode: boolean, special: boolean): unknown {
  try {
    const value = parse(line);
    if (decode) return tokenizer.decode(asIds(value), { skip_special_tokens: !special });
    if (typeof value !== 'string') throw new FormatError(`each line must be a JSON string, got ${show(value)}`);
    const { ids, pieces } = tokenizer.encode(value, { add_special_tokens: special });
    return { ids, pieces };
  } catch (error) {
    throw error instanceof BatonError ? error.at(`line ${number} of stdin`) : error;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new FormatError(`each line must be JSON, got ${show(line)}`, { cause });
  }
}

function asIds(value: unknown): number[] {
  const isId = (id: unknown): id is number => Number.isSafeInteger(id);
  if (Array.isArray(value) && value.every(isId)) return value;
  throw new FormatError(`with --decode each line must be a JSON array of ids, got ${show(value)}`);
}
