/** The files of one checkpoint, wherever they lie: a folder, an address, memory, the Hugging Face Hub and its cache. */
import type { ByteSource } from '../safetensors/source.ts';

export interface FileStat {
  /** In bytes; absent where a server does not tell. */
  readonly size?: number;
}

/** Is told how many bytes of a file have arrived so far, all in all. */
export type Arrived = (bytes: number) => void;

/** What `read`, `text` and `json` take at most: configs, vocabularies, indexes. Weights go through `open`. */
export const SMALL_FILE_LIMIT = 2 ** 26;

/**
 * Errors    LoadError missing, refused or broken files and names that leave their folder · FormatError no UTF-8, no JSON ·
 *           the signal's own reason after an abort
 */
export interface ModelFiles {
  /** For people: a path, an address, an id. */
  readonly name: string;
  /** What happened on the way and changes no result: a cache that can't be written, a Hub that can't be reached. */
  readonly notes: readonly string[];
  has(file: string): Promise<boolean>;
  /** `undefined` where there is no such file. A place is asked once; the answer is kept. */
  stat(file: string): Promise<FileStat | undefined>;
  /** A small file as a whole, to be read only. */
  read(file: string, arrived?: Arrived): Promise<Uint8Array>;
  text(file: string, arrived?: Arrived): Promise<string>;
  json(file: string, arrived?: Arrived): Promise<unknown>;
  /** Random access, for weights. `arrived` hears of a download that has to come first. */
  open(file: string, arrived?: Arrived): Promise<ByteSource>;
  /** A folder seen from here: `slm`, `../llm`. */
  sub(folder: string): ModelFiles;
  /** Closes what was opened here and in every `sub`, and is still open. */
  close(): Promise<void>;
}
