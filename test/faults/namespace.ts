/** A network namespace of the test's own, with nothing in it but a loopback, on which the network may be as bad as a test wants. */
import { execFileSync } from 'node:child_process';
import { hasDebian } from '../support/debian.ts';
import { tidily } from '../support/gossip.ts';

export class Namespace {
  /** Words before a command that runs in it. */
  readonly through: readonly string[];

  constructor(name: string) {
    this.through = ['ip', 'netns', 'exec', name];
  }

  /** Runs a program such as nft or tc in it, to its end. */
  exec(...command: readonly string[]): string {
    const [program, ...args] = [...this.through, ...command] as [string, ...string[]];
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Replaces all rules of its firewall by these, for what arrives. */
  filter(...rules: readonly string[]): void {
    this.exec('nft', 'flush', 'ruleset');
    if (rules.length === 0) return;
    this.exec('nft', 'add', 'table', 'inet', 'faults');
    this.exec('nft', 'add', 'chain', 'inet', 'faults', 'input', '{ type filter hook input priority 0 ; }');
    for (const rule of rules) this.exec('nft', 'add', 'rule', 'inet', 'faults', 'input', ...rule.split(' '));
  }
}

/** Whether namespaces can be made here; if not, the reason is printed. */
export function hasNamespaces(): boolean {
  if (!hasDebian('iproute2', 'nftables')) return false;
  try {
    const name = nameOf('probe');
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    return true;
  } catch (error) {
    process.stderr.write(`skipped: no network namespace can be made here (${(error as Error).message.trim()})\n`);
    return false;
  }
}

/** Runs `act` with a namespace, and removes it afterwards. */
export function withNamespace<Result>(act: (namespace: Namespace) => Promise<Result>): Promise<Result> {
  const name = nameOf('faults');
  execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
  return tidily(
    async () => {
      const namespace = new Namespace(name);
      namespace.exec('ip', 'link', 'set', 'lo', 'up');
      return act(namespace);
    },
    async () => void execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' }),
  );
}

function nameOf(purpose: string): string {
  return `gossip-${purpose}-${process.pid}`;
}
