import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ProgressEvent, Tally } from '../../src/hub/tally.ts';
import { runs } from '../seed.ts';

function book() {
  const events: ProgressEvent[] = [];
  return { events, tally: new Tally('model', (event) => events.push(event)) };
}

describe('Tally', () => {
  it('tells a file and the total from the first byte to the last', () => {
    const { events, tally } = book();
    const line = tally.line('a', 200);
    tally.line('b', 200);
    tally.announced();
    line.begin();
    line.reach(50);
    line.done();
    expect(events).toEqual([
      { status: 'initiate', name: 'model', file: 'a' },
      { status: 'initiate', name: 'model', file: 'b' },
      total(0, 0),
      { status: 'download', name: 'model', file: 'a' },
      { status: 'progress', name: 'model', file: 'a', progress: 25, loaded: 50, total: 200 },
      total(50, 12.5),
      { status: 'progress', name: 'model', file: 'a', progress: 100, loaded: 200, total: 200 },
      total(200, 50),
      { status: 'done', name: 'model', file: 'a' },
    ]);
    function total(loaded: number, progress: number) {
      const files = { a: { loaded, total: 200 }, b: { loaded: 0, total: 200 } };
      return { status: 'progress_total', name: 'model', progress, loaded, total: 400, files };
    }
  });

  it('whatever arrives in whatever order, progress grows, stays within the total and ends at it', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.array(fc.nat(9000)), (size, reached) => {
        const { events, tally } = book();
        const line = tally.line('a', size);
        for (const bytes of reached) line.reach(bytes);
        tally.ready();
        const loaded = events.flatMap((event) => (event.status === 'progress' ? [event.loaded] : []));
        for (let i = 1; i < loaded.length; i++) expect(loaded[i]).toBeGreaterThan(loaded[i - 1]);
        expect(loaded.at(-1) ?? 0).toBe(size);
        expect(events.slice(-2).map(({ status }) => status)).toEqual(['done', 'ready']);
      }),
      runs(200),
    );
  });

  it('a file is told about at most a thousand times', () => {
    const { events, tally } = book();
    const line = tally.line('a', 1_000_000);
    for (let bytes = 1; bytes <= 1_000_000; bytes += 7) line.reach(bytes);
    line.done();
    expect(events.filter(({ status }) => status === 'progress').length).toBeLessThanOrEqual(1000);
  });

  it('a file of unknown size counts with what has arrived', () => {
    const { events, tally } = book();
    tally.line('a', undefined).reach(5);
    expect(events.at(-1)).toMatchObject({ progress: 100, loaded: 5, total: 5 });
  });

  it('a file named __proto__ is one among others', () => {
    const { events, tally } = book();
    tally.line('__proto__', 5);
    tally.announced();
    expect(JSON.stringify(events.at(-1))).toContain('"__proto__":{"loaded":0,"total":5}');
  });
});
