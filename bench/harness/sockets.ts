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

/** What each of these ports of this machine has sent, to whomever; a server's answers, where it listens there. */
export class PortMeter {
  readonly #ports: ReadonlySet<number>;
  #before: Ends | null = null;
  #sent: ReadonlyMap<number, number> = new Map();

  constructor(ports: readonly number[]) {
    this.#ports = new Set(ports);
  }

  /** Bytes of each port since the first look; null where `ss` is not to be had. */
  async look(): Promise<ReadonlyMap<number, number> | null> {
    const text = await ss();
    if (text === null) return null;
    const now = endsIn(text, this.#ports);
    // Connections that were there before have carried other things.
    if (this.#before !== null) this.#sent = sentBy(this.#ports, this.#sent, { before: this.#before, now });
    this.#before = now;
    return this.#sent;
  }
}

/** Bytes that each port has sent, after another look. */
export function sentBy(
  ports: ReadonlySet<number>,
  sent: ReadonlyMap<number, number>,
  { before, now }: { readonly before: Ends; readonly now: Ends },
): Map<number, number> {
  return new Map(
    [...ports].map((port) => {
      const own = new Map([...now].filter(([ends]) => portOf(ends) === port));
      return [port, added({ bytes: sent.get(port) ?? 0, packets: 0 }, before, own).bytes];
    }),
  );
}

/** Of the end that sends. */
function portOf(ends: string): number {
  return Number(/:(\d+) /.exec(ends)?.[1]);
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
