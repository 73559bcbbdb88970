/**
 * The files that logs are kept in: those of the node itself, and those of each module, in segments that only grow and are thrown away whole, the oldest first. None
 * is ever renamed: whoever reads one goes on with it by its number.
 */
import { join } from 'node:path';
import { openToAppend } from '../files/append.ts';
import { errnoOf, isAbsence, nodeFileSystem, READ_PLAIN } from '../files/file-system.ts';
import type { FileSystem } from '../files/file-system.ts';
import { writeAll } from '../files/writer.ts';

export interface SegmentLimits {
  /** Length at which the next one is begun. Default 1 MiB. */
  readonly segmentBytes: number;
  /** Of one source. Default 4. */
  readonly segments: number;
  /** Of all sources together, in bytes. Default 64 MiB. */
  readonly totalBytes: number;
}

const SEGMENT_LIMITS: SegmentLimits = Object.freeze({ segmentBytes: 1024 * 1024, segments: 4, totalBytes: 64 * 1024 * 1024 });

/** A module's name, or `_node`. */
export type LogSource = string;
export const NODE_SOURCE: LogSource = '_node';

/** How much of a segment can be read: what was written whole. */
export interface Segment {
  readonly number: number;
  bytes: number;
  /** When it was last written, by any clock that orders them. */
  writtenAt: number;
}

const NAME = /^(_node|[a-z][a-z0-9-]{0,39})\.([1-9]\d{0,8})\.jsonl$/;
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

export class Segments {
  readonly #directory: string;
  readonly #limits: SegmentLimits;
  readonly #fileSystem: FileSystem;
  readonly #bySource = new Map<LogSource, Segment[]>();

  constructor(directory: string, limits: Partial<SegmentLimits> = {}, fileSystem: FileSystem = nodeFileSystem) {
    this.#directory = directory;
    this.#limits = { ...SEGMENT_LIMITS, ...limits };
    this.#fileSystem = fileSystem;
  }

  /** Finds what earlier starts have left, within today's bounds; what only has the name of a segment is removed. */
  async open(): Promise<void> {
    const names = await this.#fileSystem.readdir(this.#directory).catch((thrown: unknown) => {
      if (isAbsence(thrown)) return [];
      throw thrown;
    });
    for (const name of names) {
      const [, source, number] = NAME.exec(name) ?? [];
      if (source === undefined || number === undefined) continue;
      const path = join(this.#directory, name);
      const stat = await this.#fileSystem.lstat(path);
      if (!stat.isFile()) await this.#fileSystem.rm(path, { recursive: true, force: true });
      else this.#list(source).push({ number: Number(number), bytes: stat.size, writtenAt: stat.mtimeMs });
    }
    for (const [source, segments] of this.#bySource) {
      segments.sort((a, b) => a.number - b.number);
      await this.#trim(source);
    }
    await this.#trimAll(null);
  }

  get sources(): readonly LogSource[] {
    return [...this.#bySource.keys()];
  }

  /** Oldest first. */
  of(source: LogSource): readonly Segment[] {
    return this.#bySource.get(source) ?? [];
  }

  get totalBytes(): number {
    return [...this.#bySource.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Appends whole lines. On a full disk all but the last segment of each source give way, and it throws all the same. */
  async append(source: LogSource, lines: Buffer): Promise<void> {
    try {
      await this.#append(source, lines);
    } catch (thrown) {
      if (FULL.has(errnoOf(thrown) ?? '')) await this.giveWay();
      throw thrown;
    }
  }

  /** Makes room for what matters more. */
  async giveWay(): Promise<void> {
    for (const source of this.sources) await this.#trim(source, 1);
  }

  /** Bytes of a segment; null when it is gone. Fewer than asked for at its end. */
  async read(source: LogSource, number: number, from: number, bytes: number): Promise<Buffer | null> {
    const handle = await this.#fileSystem.open(this.#path(source, number), READ_PLAIN).catch((thrown: unknown) => {
      if (isAbsence(thrown)) return null;
      throw thrown;
    });
    if (handle === null) return null;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async #append(source: LogSource, lines: Buffer): Promise<void> {
    const { segmentBytes, segments: most } = this.#limits;
    const segments = this.#list(source);
    let segment = segments.at(-1);
    if (segment === undefined || (segment.bytes > 0 && segment.bytes + lines.length > segmentBytes)) {
      await this.#fileSystem.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      segment = { number: (segment?.number ?? 0) + 1, bytes: 0, writtenAt: Date.now() };
      segments.push(segment);
      await this.#trim(source, most);
    }
    const { handle, bytes } = await openToAppend(this.#path(source, segment.number), this.#fileSystem);
    try {
      await writeAll(handle, lines);
    } finally {
      await handle.close();
    }
    segment.bytes = bytes + lines.length;
    segment.writtenAt = Date.now();
    await this.#trimAll(segment);
  }

  async #trim(source: LogSource, most = this.#limits.segments): Promise<void> {
    const segments = this.#list(source);
    while (segments.length > most) await this.#drop(source, segments);
  }

  /** Whoever logged longest ago gives way, a module that is long removed before one that runs. */
  async #trimAll(current: Segment | null): Promise<void> {
    while (this.totalBytes > this.#limits.totalBytes) {
      const oldest = [...this.#bySource]
        .flatMap(([source, segments]) => segments.slice(0, 1).map((first) => ({ source, segments, first })))
        .filter(({ first }) => first !== current)
        .toSorted((a, b) => a.first.writtenAt - b.first.writtenAt)[0];
      if (oldest === undefined) return;
      await this.#drop(oldest.source, oldest.segments);
    }
  }

  async #drop(source: LogSource, segments: Segment[]): Promise<void> {
    const first = segments.shift();
    if (segments.length === 0) this.#bySource.delete(source);
    // What cannot be removed now is found at the next start.
    if (first !== undefined) await this.#fileSystem.rm(this.#path(source, first.number), { force: true });
  }

  #list(source: LogSource): Segment[] {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const segments: Segment[] = [];
    this.#bySource.set(source, segments);
    return segments;
  }

  #path(source: LogSource, number: number): string {
    return join(this.#directory, `${source}.${number}.jsonl`);
  }
}
