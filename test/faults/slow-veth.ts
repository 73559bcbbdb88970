/** Two network namespaces and a link between them that is as slow as a test wants, with a queue as short as a good router's. */
import { execFileSync } from 'node:child_process';
import { hasDebian } from '../support/debian.ts';
import { tidily } from '../support/gossip.ts';
import { Namespace } from './namespace.ts';

/** What waits in front of a slow link: a fifth of a second, and room for some packets. */
const QUEUE_S = 0.2;
const LEAST_QUEUE_BYTES = 8_192;
const BURST_BYTES = 3_200;
const BITS_PER_BYTE = 8;

export interface Side {
  readonly namespace: Namespace;
  /** Without a port. */
  readonly host: string;
  readonly device: string;
}

export interface SlowLink {
  readonly fast: Side;
  readonly slow: Side;
  /** What it carries each way from now on. */
  readonly limit: (bitsPerSecond: number) => void;
  /** Bytes that went to the slow side, and from it, since the limit. */
  readonly carried: () => { readonly down: number; readonly up: number };
}

/** Whether such a link can be made here; if not, the reason is printed. */
export function hasSlowLinks(): boolean {
  if (!hasDebian('iproute2')) return false;
  try {
    makeEnds(namesOf('try'));
    return true;
  } catch (error) {
    process.stderr.write(`skipped: no link between network namespaces can be made here (${(error as Error).message.trim()})\n`);
    return false;
  } finally {
    removeEnds(namesOf('try'));
  }
}

/** Runs `act` with the link, and removes it afterwards. */
export function withSlowLink<Result>(act: (link: SlowLink) => Promise<Result>): Promise<Result> {
  const names = namesOf('slow');
  return tidily(
    async () => {
      const [fast, slow] = makeEnds(names);
      const sides = [fast, slow];
      return act({
        fast,
        slow,
        limit: (bitsPerSecond) => {
          for (const side of sides) shape(side, bitsPerSecond);
        },
        carried: () => ({ down: sentBy(fast), up: sentBy(slow) }),
      });
    },
    async () => removeEnds(names),
  );
}

function shape({ namespace, device }: Side, bitsPerSecond: number): void {
  const queue = Math.max(LEAST_QUEUE_BYTES, Math.round((bitsPerSecond / BITS_PER_BYTE) * QUEUE_S));
  const tbf = ['tbf', 'rate', `${bitsPerSecond}bit`, 'burst', `${BURST_BYTES}`, 'limit', `${queue}`];
  namespace.exec('tc', 'qdisc', 'add', 'dev', device, 'root', ...tbf);
}

function sentBy({ namespace, device }: Side): number {
  return Number(/Sent (\d+) bytes/.exec(namespace.exec('tc', '-s', 'qdisc', 'show', 'dev', device))?.[1]);
}

function namesOf(purpose: string): readonly [string, string] {
  return [`gossip-${purpose}-a-${process.pid}`, `gossip-${purpose}-b-${process.pid}`];
}

function makeEnds([a, b]: readonly [string, string]): readonly [Side, Side] {
  for (const name of [a, b]) execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
  execFileSync('ip', ['link', 'add', 'va', 'netns', a, 'type', 'veth', 'peer', 'name', 'vb', 'netns', b], { stdio: 'pipe' });
  const side = (name: string, device: string, host: string): Side => {
    const namespace = new Namespace(name);
    namespace.exec('ip', 'link', 'set', 'lo', 'up');
    namespace.exec('ip', 'address', 'add', `${host}/24`, 'dev', device);
    // Packets as on a real link, and not a whole answer in one.
    namespace.exec('ip', 'link', 'set', 'dev', device, 'gso_max_segs', '1');
    namespace.exec('ip', 'link', 'set', 'dev', device, 'up');
    return { namespace, device, host };
  };
  const ends = [side(a, 'va', '10.77.0.1'), side(b, 'vb', '10.77.0.2')] as const;
  // Both must be able to be slow, or the test would pass without having tried anything.
  shape(ends[0], 1_000_000);
  ends[0].namespace.exec('tc', 'qdisc', 'delete', 'dev', 'va', 'root');
  return ends;
}

function removeEnds(names: readonly string[]): void {
  const present = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const name of names) if (present.includes(name)) execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
}
