import { OptionError, show } from '../errors.ts';
import type { ByteSource } from '../safetensors/source.ts';
import type { Arrived, ModelFiles } from './files.ts';
import { joinFile, joinFolder } from './paths.ts';
import { type Line, type ProgressCallback, Tally } from './tally.ts';

/** Files whose reading is reported. */
export interface ReportedFiles extends ModelFiles {
  /** Names files that are going to be read, here or in a `sub`. Those that are not there are left out. */
  announce(files: Iterable<string>): Promise<void>;
  /** All are named: from now on one total is told, which stands before the first byte and counts these files alone. */
  announced(): void;
  sub(folder: string): ReportedFiles;
  /** The model can be used: every file is done. */
  ready(): void;
}

/** The same files, with a callback that hears of every byte read or downloaded. It costs no request but for sizes. */
export function withProgress(files: ModelFiles, callback: ProgressCallback): ReportedFiles {
  if (typeof callback !== 'function') {
    throw new OptionError(`"progress_callback" must be a function, got ${show(callback)}`, {
      op: 'load',
      got: callback,
    });
  }
  return reported(files, '', new Tally(files.name, callback));
}

function reported(files: ModelFiles, folder: string, tally: Tally): ReportedFiles {
  const lineOf = (file: string, size?: number) => tally.line(joinFile(folder, file), size);

  /** Runs one reading of a file; a file that is not there leaves no line, only the error of `work`. */
  const report = async <T>(file: string, work: (line?: Line) => Promise<T>): Promise<T> => {
    const stat = await files.stat(file);
    if (stat === undefined) return work();
    const line = lineOf(file, stat.size);
    line.begin();
    return work(line);
  };
  const whole = <T>(work: (file: string, arrived?: Arrived) => Promise<T>) => {
    return (file: string, arrived?: Arrived) =>
      report(file, async (line) => {
        const content = await work(file, both(line, arrived));
        line?.done();
        return content;
      });
  };
  return {
    name: files.name,
    notes: files.notes,
    stat: (file) => files.stat(file),
    has: (file) => files.has(file),
    close: () => files.close(),
    read: whole((file, arrived) => files.read(file, arrived)),
    text: whole((file, arrived) => files.text(file, arrived)),
    json: whole((file, arrived) => files.json(file, arrived)),
    open: (file, arrived) =>
      report(file, async (line) => {
        const source = await files.open(file, both(line, arrived));
        return line === undefined ? source : watch(source, line);
      }),
    sub: (name) => reported(files.sub(name), joinFolder(folder, name), tally),
    announce: async (names) => {
      const stats = await Promise.all([...names].map(async (file) => [file, await files.stat(file)] as const));
      for (const [file, stat] of stats) if (stat !== undefined) lineOf(file, stat.size);
    },
    announced: () => tally.announced(),
    ready: () => tally.ready(),
  };
}

/** Counts what is read of an opened file. */
function watch(source: ByteSource, line: Line): ByteSource {
  let count = 0;
  line.measure(source.size);
  return {
    name: source.name,
    size: source.size,
    note: source.note,
    ahead: source.ahead,
    read: async (offset, length, into) => {
      const bytes = await source.read(offset, length, into);
      count += length;
      line.reach(count);
      return bytes;
    },
    close: async () => {
      await source.close();
      line.done();
    },
  };
}

function both(line: Line | undefined, arrived: Arrived | undefined): Arrived {
  return (bytes) => {
    line?.reach(bytes);
    arrived?.(bytes);
  };
}
