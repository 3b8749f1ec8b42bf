import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { JsonScanner } from '../../src/safetensors/json-scanner.ts';
import { runs } from '../seed.ts';
import { expectError } from './files.ts';

/** The scanner used to build what `JSON.parse` builds. */
function parse(text: string): unknown {
  const scan = new JsonScanner(text, 't.json', 0);
  const value = (): unknown => {
    const c = scan.peek();
    if (c === '"') return scan.string('text');
    if (c === '[') {
      const items: unknown[] = [];
      scan.array('list', () => items.push(value()));
      return items;
    }
    if (c === '{') {
      const entries: [string, unknown][] = [];
      scan.object('object', (key) => entries.push([key, value()]));
      return Object.fromEntries(entries);
    }
    if (scan.null()) return null;
    return scan.natural('number');
  };
  const result = value();
  scan.end();
  return result;
}

function accepts(text: string): boolean {
  const scan = new JsonScanner(text, 't.json', 0);
  try {
    scan.skip('value');
    scan.end();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return false;
  }
}

describe('JsonScanner', () => {
  it('reads an object a human can check', () => {
    expect(parse(' { "a" : [ 1, 2 ], "b\\n" : "\\u00e9\\ud83d\\ude00" , "c":{ },"d": null } ')).toEqual({
      a: [1, 2],
      'b\n': 'é😀',
      c: {},
      d: null,
    });
  });

  it('reads whole numbers exactly up to 2⁶⁴ − 1', () => {
    expect(parse('[0,9007199254740991,9007199254740993,18446744073709551615]')).toEqual([
      0,
      9007199254740991,
      9007199254740993n,
      18446744073709551615n,
    ]);
  });

  it('reads every value as JSON.parse does', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.maxSafeNat(),
        fc.string({ unit: 'binary' }),
        fc.array(tie('tree')),
        fc.dictionary(fc.string({ unit: 'binary' }), tie('tree')),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      runs(200),
    );
  });

  it('accepts nothing that JSON.parse refuses', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\u0061',
      '\\ud800',
      '0',
      '1',
      '-',
      '.5',
      'e3',
      'null',
      'true',
      ' ',
      '\n',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 10 }), (parts) => {
        const text = parts.join('');
        if (accepts(text)) JSON.parse(text);
      }),
      runs(3000),
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'object has the key "a" twice', 7],
    ['{"\\u0061":1,"a":2}', 'object has the key "a" twice', 12],
    ['{"a":1,}', 'expected a key of object to be a string, got "}"', 7],
    ['{"a" 1}', 'expected ":" after the key "a", got "1"', 5],
    ['[1 2]', 'expected "," or "]" in list, got "2"', 3],
    ['"é\u0001"', 'control character 1 inside a string', 3],
    ['"\u001f"', 'control character 31 inside a string', 1],
    ['"abc', 'the text ends inside a string', 4],
    ['"abc\\"', 'the text ends inside a string', 6],
    ['"\\x"', 'a wrong escape in "\\"\\\\x\\""', 0],
    ['"\\ud800"', 'half of a surrogate pair', 0],
    ['"\\udc00\\ud800"', 'half of a surrogate pair', 0],
    ['01', 'number: "01" is no number', 0],
    ['-', 'number: "-" is no number', 0],
    ['-0', 'must be a whole number from 0 to 2^64 - 1, got -0', 0],
    ['1e400', 'number is a number beyond the range of float64', 0],
    [`${'1'.repeat(2000)}`, 'number is a number of 2000 characters', 0],
    ['nul', 'expected "null", got "n"', 0],
    ['', 'expected number to be a value, got the end of the text', 0],
    ['[] []', 'expected nothing but spaces after the closing brace, got "["', 3],
    ['['.repeat(128), 'values are nested more than 127 deep', 127],
  ])('%j is refused', async (text, message, at) => {
    const error = await expectError(() => parse(text), FormatError, message);
    expect(error.where).toBe(`t.json, byte ${at}`);
  });

  it('takes time in proportion to the text, whatever is in it', () => {
    const n = 300_000;
    const texts = [
      '['.repeat(n),
      '"'.padEnd(n, '\\n'),
      '1'.repeat(n),
      `[${'1,'.repeat(n)}`,
      '{"a":'.repeat(n),
      ' '.repeat(n),
    ];
    for (const text of texts) expect(accepts(text)).toBe(false);
  });
});
