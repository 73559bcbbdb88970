/** Gives the memory of WebAssembly code an upper bound that it did not ask for: a memory without one may grow to 4 GiB. */

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const MEMORY_SECTION = 5;
/** Flags of a memory (WebAssembly 3.0, section 5.3.8 "limits"): any other bit stands for what no module gets. */
const HAS_MAXIMUM = 1;
export const PAGE_BYTES = 64 * 1024;

/** The same code, whose memory grows to at most `maxPages`. Throws where it has no memory of its own, several, one of another kind, or one that begins larger. */
export function withBoundedMemory(code: Uint8Array, maxPages: number): Uint8Array {
  const reader = new Reader(code);
  if (MAGIC.some((byte) => reader.byte() !== byte)) throw new Error('it is not WebAssembly (version 1)');
  while (!reader.atEnd) {
    const start = reader.at;
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === MEMORY_SECTION) {
      const section = boundedSection(reader, maxPages);
      return section === null ? code : joined(code.subarray(0, start), section, code.subarray(end));
    }
    reader.at = end;
  }
  throw new Error("it has no memory of its own: it must export one named 'memory', and import none");
}

function joined(before: Uint8Array, section: readonly number[], after: Uint8Array): Uint8Array {
  const whole = new Uint8Array(before.length + section.length + after.length);
  whole.set(before);
  whole.set(section, before.length);
  whole.set(after, before.length + section.length);
  return whole;
}

/** The section anew; null where it may stay as it is. */
function boundedSection(reader: Reader, maxPages: number): number[] | null {
  const count = reader.number();
  if (count !== 1) throw new Error(`it has ${count} memories of its own, one is allowed`);
  const flags = reader.number();
  if (flags > HAS_MAXIMUM)
    throw new Error('its memory is shared, of 64 bits, or has pages of another size: modules have a plain one of 32 bits');
  const pages = reader.number();
  const maximum = flags === HAS_MAXIMUM ? reader.number() : Infinity;
  if (pages > maxPages) {
    throw new Error(`its memory begins with ${pages} pages of 64 KiB, ${maxPages} are allowed by limits.residentMb in module.json`);
  }
  if (maximum <= maxPages) return null;
  const body = [1, HAS_MAXIMUM, ...leb128(pages), ...leb128(maxPages)];
  return [MEMORY_SECTION, ...leb128(body.length), ...body];
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...leb128(Math.floor(value / 0x80))];
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('it is not whole: it ends in the middle of a section');
    return byte;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error('it is damaged: a number in it is too long');
  }
}
