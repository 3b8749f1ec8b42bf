import { FormatError } from '../errors.ts';

/** One field of a message: its number and where its value lies; `int` holds a varint's low 32 bits. */
export interface ProtoField {
  readonly number: number;
  readonly wire: 0 | 1 | 2 | 5;
  readonly int: number;
  readonly start: number;
  readonly end: number;
}

const WIRE_NAMES = ['a varint', 'eight bytes', 'a length and bytes', 'a group', 'a group', 'four bytes'];
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Protocol buffers, the wire format alone: the fields of one message, in the order of the file.
 * Every length is checked against the message around it, so no field reads outside of it.
 *
 * Errors    FormatError with the byte offset: truncated or overlong varint, length past the end, group, field 0
 * Source    protobuf.dev, "Encoding"
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  *fields(start = 0, end = this.bytes.length): Generator<ProtoField> {
    let at = start;
    while (at < end) {
      const tagAt = at;
      this.#at = at;
      const tag = this.#varint(end) >>> 0;
      const number = tag >>> 3;
      const wire = tag & 7;
      if (number === 0) throw this.error('field numbers begin at 1, got 0', tagAt);
      const valueAt = this.#at;
      if (wire === 0) {
        const int = this.#varint(end);
        at = this.#at;
        yield { number, wire, int, start: valueAt, end: at };
      } else if (wire === 1 || wire === 5) {
        at = this.#within(valueAt, wire === 1 ? 8 : 4, end);
        yield { number, wire, int: 0, start: valueAt, end: at };
      } else if (wire === 2) {
        const length = this.#varint(end) >>> 0;
        const bodyAt = this.#at;
        at = this.#within(bodyAt, length, end);
        yield { number, wire, int: length, start: bodyAt, end: at };
      } else {
        throw this.error(
          `field ${number} has wire type ${wire} (${WIRE_NAMES[wire] ?? 'unassigned'}): not read here`,
          tagAt,
        );
      }
    }
  }

  int32(field: ProtoField, name: string): number {
    this.#expect(field, 0, name);
    return field.int;
  }

  bool(field: ProtoField, name: string): boolean {
    return this.int32(field, name) !== 0;
  }

  float(field: ProtoField, name: string): number {
    this.#expect(field, 5, name);
    return this.#view.getFloat32(field.start, true);
  }

  /** The fields of a message inside this one. */
  message(field: ProtoField, name: string): Generator<ProtoField> {
    this.#expect(field, 2, name);
    return this.fields(field.start, field.end);
  }

  data(field: ProtoField, name: string): Uint8Array {
    this.#expect(field, 2, name);
    return this.bytes.subarray(field.start, field.end);
  }

  text(field: ProtoField, name: string): string {
    const data = this.data(field, name);
    try {
      return strict.decode(data);
    } catch (cause) {
      throw this.error(`"${name}" must be UTF-8`, field.start, cause);
    }
  }

  error(summary: string, at: number, cause?: unknown): FormatError {
    return new FormatError(summary, { where: `${this.#file}, byte ${at}`, cause });
  }

  #expect(field: ProtoField, wire: number, name: string): void {
    if (field.wire !== wire)
      throw this.error(`"${name}" must be ${WIRE_NAMES[wire]}, got ${WIRE_NAMES[field.wire]}`, field.start);
  }

  #within(start: number, length: number, end: number): number {
    if (length > end - start)
      throw this.error(`a value of ${length} bytes must fit the ${end - start} bytes left of its message`, start);
    return start + length;
  }

  /** The low 32 bits, signed, of a varint of at most ten bytes; int32 and enums use no more. */
  #varint(end: number): number {
    let value = 0;
    const start = this.#at;
    for (let i = 0; i < 10; i++) {
      if (start + i >= end) throw this.error('a varint must end inside its message', start);
      const byte = this.bytes[start + i];
      if (i < 5) value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.#at = start + i + 1;
        return value;
      }
    }
    throw this.error('a varint must have at most ten bytes', start);
  }
}
