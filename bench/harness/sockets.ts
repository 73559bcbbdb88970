/** What connections carried, as the kernel counts it for each: TLS included, headers of TCP not. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Carried {
  readonly bytes: number;
  readonly packets: number;
}

/** Counters of one end of a connection, by its two addresses. */
export type Ends = ReadonlyMap<string, Carried>;

const LINE = /^\s*\d+\s+\d+\s+(\S+:(\d+))\s+(\S+:(\d+))\s.*$/;

/** Sums up what the connections of these ports of this machine carry, both ways; of those that end between two looks the rest is lost. */
export class SocketMeter {
  readonly #ports: ReadonlySet<number>;
  #before: Ends = new Map();
  #sum: Carried = { bytes: 0, packets: 0 };

  constructor(ports: readonly number[]) {
    this.#ports = new Set(ports);
  }

  /** Since the meter was made; null where `ss` is not to be had. */
  async look(): Promise<Carried | null> {
    const text = await ss();
    if (text === null) return null;
    const now = endsIn(text, this.#ports);
    this.#sum = added(this.#sum, this.#before, now);
    this.#before = now;
    return this.#sum;
  }
}

async function ss(): Promise<string | null> {
  try {
    return (await promisify(execFile)('ss', ['-tinHO', 'state', 'established'], { maxBuffer: 256 * 1024 * 1024 })).stdout;
  } catch {
    return null;
  }
}

export function endsIn(text: string, ports: ReadonlySet<number>): Ends {
  return new Map(
    text.split('\n').flatMap((line): [string, Carried][] => {
      const [, local = '', localPort, peer = '', peerPort] = LINE.exec(line) ?? [];
      if (!ports.has(Number(localPort)) && !ports.has(Number(peerPort))) return [];
      return [[`${local} ${peer}`, { bytes: counter(line, 'bytes_sent'), packets: counter(line, 'segs_out') }]];
    }),
  );
}

/** Nothing sent yet is not told at all. */
function counter(line: string, name: string): number {
  return Number(new RegExp(`\\b${name}:(\\d+)`).exec(line)?.[1] ?? 0);
}

/** A counter that fell is that of a new connection between the same ends. */
export function added(sum: Carried, before: Ends, now: Ends): Carried {
  return [...now].reduce((total, [ends, { bytes, packets }]) => {
    const known = before.get(ends);
    const isSame = known !== undefined && known.bytes <= bytes && known.packets <= packets;
    return {
      bytes: total.bytes + bytes - (isSame ? known.bytes : 0),
      packets: total.packets + packets - (isSame ? known.packets : 0),
    };
  }, sum);
}
