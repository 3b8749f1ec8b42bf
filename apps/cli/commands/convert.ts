import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { LoadError, OptionError } from '../../../src/index.node.ts';
import { byteCount } from '../byte-count.ts';
import { convertFile, convertFolder, type Target } from '../convert.ts';
import { addOutputOptions } from '../output-options.ts';
import { progress } from '../progress.ts';
import { count, note, printJson, size } from '../terminal.ts';

interface ConvertFlags {
  readonly dtype: keyof typeof dtypes;
  readonly maxShardSize?: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addConvert(program: Command): void {
  const command = program
    .command('convert')
    .description('a checkpoint in another dtype, in one file or in shards; a tensor at a time is in memory')
    .argument('<in>', 'a safetensors file, or a folder with everything below it')
    .argument('<out>', 'the new file or folder')
    .addOption(
      new Option(
        '--dtype <dtype>',
        'of float tensors, others stay; int8, int4: a model as it is kept in memory, for folders',
      )
        .choices(Object.keys(dtypes))
        .makeOptionMandatory(),
    )
    .option('--max-shard-size <size>', 'splits larger weights: 2GB, 500MB, 1GiB', byteCount)
    .option('--force', 'overwrite files that are there, and remove weights they replace');
  addOutputOptions(command).action(convert);
}

const dtypes = { f32: 'F32', f16: 'F16', bf16: 'BF16', int8: 'int8', int4: 'int4' } as const;

async function convert(from: string, to: string, { dtype, maxShardSize, force, json }: ConvertFlags): Promise<void> {
  const source = await look(from);
  if (source === undefined) throw new LoadError('there is no such file or folder', { where: from });
  const isFolder = source.isDirectory();
  if (!isFolder && maxShardSize !== undefined) throw new OptionError('--max-shard-size is for folders');
  const there = await look(to);
  if (there !== undefined && !force) {
    throw new LoadError('there is something already', { where: to, hint: '--force overwrites it' });
  }
  if (there !== undefined && there.isDirectory() !== isFolder) {
    throw new OptionError('IN and OUT must both be files or both be folders');
  }
  const target: Target = { dtype: dtypes[dtype], max_shard_size: maxShardSize, bar: progress('converting') };
  const result = await (isFolder ? convertFolder : convertFile)(from, to, target);
  note(`${count(result.tensors, 'tensor')}, ${size(result.bytes)} in ${to}`);
  if (json) await printJson({ output: to, ...result });
}

const look = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);
