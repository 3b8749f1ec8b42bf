import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { asArray, asBoolean, asId, asObject, asOneOf, asString, onlyKeys, readJson } from '../../src/tokenizer/json.ts';

describe('readJson', () => {
  it('reads UTF-8, with or without a byte order mark', () => {
    expect(readJson(new TextEncoder().encode('{"a":"é"}'), 'f')).toEqual({ a: 'é' });
    expect(readJson(new TextEncoder().encode('\ufeff[1]'), 'f')).toEqual([1]);
  });

  it('tells the file where bytes are not UTF-8 or text is not JSON', () => {
    expect(() => readJson(Uint8Array.of(0x22, 0xff, 0x22), 'f.json')).toThrow(FormatError);
    expect(() => readJson(Uint8Array.of(0x22, 0xff, 0x22), 'f.json')).toThrow('must be UTF-8 text\n  in f.json');
    expect(() => readJson(new Uint8Array(0), 'f.json')).toThrow(/^the file must be JSON: .*\n {2}in f\.json$/);
  });

  it('deep nesting neither hangs nor overflows', () => {
    const deep = new TextEncoder().encode('['.repeat(200_000));
    expect(() => readJson(deep, 'f')).toThrow(FormatError);
  });
});

describe('as…', () => {
  it('give the value back where it is of the type', () => {
    expect(asObject({ a: 1 }, 'x')).toEqual({ a: 1 });
    expect(asArray([1], 'x')).toEqual([1]);
    expect(asString('🙂', 'x')).toBe('🙂');
    expect(asBoolean(false, 'x')).toBe(false);
    expect(asId(2 ** 31 - 1, 'x')).toBe(2 ** 31 - 1);
    expect(asOneOf('b', ['a', 'b'], 'x')).toBe('b');
  });

  it.each([
    [asObject, [], 'must be an object, got [] (object)'],
    [asObject, null, 'must be an object, got null (null)'],
    [asArray, {}, 'must be an array, got an object (object)'],
    [asString, 1, 'must be a string, got 1 (number)'],
    [asString, '\udc00', 'must be a well-formed string'],
    [asBoolean, 0, 'must be true or false, got 0 (number)'],
    [asId, 2 ** 31, 'must be a whole number from 0 to 2³¹ − 1, got 2147483648'],
    [asId, -0.5, 'got -0.5'],
  ])('%o refuses %j and tells the place', (as, value, message) => {
    expect(() => as(value, 'file at key')).toThrow(FormatError);
    expect(() => as(value, 'file at key')).toThrow(message);
    expect(() => as(value, 'file at key')).toThrow('\n  in file at key');
  });

  it('asOneOf and onlyKeys list what is known', () => {
    expect(() => asOneOf('c', ['a', 'b'], 'x')).toThrow('"c" is not known here; known: a, b\n  in x');
    expect(() => onlyKeys({ a: 1, modl: 2 }, ['a', 'model'], 'x')).toThrow(
      'the key "modl" is not known here; known: a, model\n  in x\n  nearest: model',
    );
  });
});
