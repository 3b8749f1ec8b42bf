/** A file in pieces: in order, each good until the next is asked for, and no room lost whatever happens. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { piecesOf, readAhead } from '../../src/pretrained/pieces.ts';
import { SafetensorsFile } from '../../src/safetensors/file.ts';
import { openBytes, writeSafetensors } from '../../src/safetensors/index.ts';
import { aloneOn, type Team, taken, teamOf } from '../kernels/wasm/team.ts';
import { Watched } from './stored.ts';

const [rows, columns] = [10, 16];
const data = Float32Array.from({ length: rows * columns }, (_, i) => i);
const bytes = new Uint8Array(data.buffer);
const file = writeSafetensors([{ name: 'w', dtype: 'F32', shape: [rows, columns], data }]);
/** One piece a row. */
const pieces = Array.from({ length: rows }, (_, i) => ({ name: 'w', offset: i * 4 * columns, length: 4 * columns }));

async function open() {
  const source = new Watched(file);
  const tensors = await SafetensorsFile.open(await source.content());
  source.reads.length = 0;
  return { source, tensors };
}

describe('piecesOf', () => {
  it('cuts behind every 64 rows, or a multiple of them that makes 2 MB', () => {
    expect(piecesOf('w', 130, 2 ** 20).map(({ offset, length }) => [offset / 2 ** 20, length / 2 ** 20])).toEqual([
      [0, 64],
      [64, 64],
      [128, 2],
    ]);
    expect(piecesOf('w', 5000, 2 ** 10).map(({ length }) => length / 2 ** 10)).toEqual([2048, 2048, 904]);
    expect(piecesOf('w', 0, 4)).toEqual([]);
  });
});

describe('readAhead', () => {
  let team: Team;
  beforeAll(async () => {
    team = await teamOf(2);
  });
  afterAll(() => team.backend.dispose());

  it('brings them in order, and none is touched while it is used, though the next two are being read', async () => {
    const { source, tensors } = await open();
    const got: number[] = [];
    for await (const piece of readAhead(tensors, team.backend)(pieces)) {
      await new Promise((resolve) => setTimeout(resolve)); // the next reads come to their end
      expect(source.reads).toHaveLength(Math.min(rows, got.length / piece.length + 3));
      got.push(...piece);
    }
    expect(Uint8Array.from(got)).toEqual(bytes);
    expect(taken(team.machine)).toBe(0);
  });

  it('keeps as many reads under way as the source likes, none of them in the room of a piece in use', async () => {
    const source = new Watched(file);
    source.ahead = 3;
    const tensors = await SafetensorsFile.open(await source.content());
    source.reads.length = 0;
    const got: number[] = [];
    for await (const piece of readAhead(tensors, team.backend)(pieces)) {
      await new Promise((resolve) => setTimeout(resolve));
      expect(source.reads).toHaveLength(Math.min(rows, got.length / piece.length + 4));
      got.push(...piece);
    }
    expect(Uint8Array.from(got)).toEqual(bytes);
    expect(taken(team.machine)).toBe(0);
  });

  it.each([0, 1, 2, 9])('gives its room back when the read of piece %i fails', async (at) => {
    const { source, tensors } = await open();
    source.before = () => {
      if (source.reads.length === at + 1) throw new RangeError('the disk is broken');
    };
    let came = 0;
    const reading = async () => {
      for await (const _ of readAhead(tensors, team.backend)(pieces)) came++;
    };
    await expect(reading()).rejects.toThrow('the disk is broken');
    expect(came).toBe(at);
    expect(taken(team.machine)).toBe(0);
  });

  it('does not give its room back before the read that is under way has come to its end', async () => {
    const { source, tensors } = await open();
    let finish = (): void => {};
    source.before = () => {
      if (source.reads.length !== 2) return;
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const reading = readAhead(tensors, team.backend)(pieces);
    await reading.next();
    let ended = false;
    const end = reading.return().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ended).toBe(false);
    expect(taken(team.machine)).toBeGreaterThan(0);
    finish();
    await end;
    expect(taken(team.machine)).toBe(0);
  });

  it('small tensors come together, once, whatever comes between them, in the order in which they are wanted', async () => {
    const small = (name: string, first: number) => ({
      name,
      dtype: 'U8' as const,
      shape: [3],
      data: Uint8Array.of(first, first + 1, first + 2),
    });
    const large = { name: 'w', dtype: 'F32', shape: [rows, columns], data } as const;
    const source = new Watched(writeSafetensors([large, small('c', 7), small('a', 1), small('b', 4)]));
    const tensors = await SafetensorsFile.open(await source.content());
    source.reads.length = 0;
    const whole = (name: string) => ({ name, offset: 0, length: 3 });
    const wanted = [whole('b'), ...pieces.slice(0, 4), whole('c'), ...pieces.slice(4), whole('a')];
    const got: number[][] = [];
    for await (const piece of readAhead(tensors, team.backend)(wanted)) got.push([...piece]);
    const rowsOf = pieces.map(({ offset, length }) => [...bytes.subarray(offset, offset + length)]);
    expect(got).toEqual([[4, 5, 6], ...rowsOf.slice(0, 4), [7, 8, 9], ...rowsOf.slice(4), [1, 2, 3]]);
    expect(source.reads).toHaveLength(1 + rows);
    expect(taken(team.machine)).toBe(0);
  });

  it('needs room for two pieces; where one alone fits, that is given back', async () => {
    const large = { name: 'w', dtype: 'F32', shape: [1, 100_000], data: new Float32Array(100_000) } as const;
    const tensors = await SafetensorsFile.open(openBytes(writeSafetensors([large]), 'large'));
    const { machine, backend } = await aloneOn(8, true); // 512 KB
    const reading = readAhead(tensors, backend)(piecesOf('w', 1, 400_000));
    await expect(reading.next()).rejects.toThrow('is full');
    expect(taken(machine)).toBe(0);
  });
});
