/**
 * Runs a scenario file: blocks of commands, each followed by `----` and what happened. The same text comes back with
 * the observations made now, so that the file is its own expectation (regenerate on purpose: vitest -u).
 */
import { deploymentName } from '../../src/model/deployment.ts';
import type { ModuleName, Peer } from '../../src/model/names.ts';
import { Network } from '../support/network.ts';
import type { TestNode } from '../support/network.ts';
import { code, peer, record } from '../support/records.ts';

const MODULE = 'membership' as ModuleName;
const INTERVAL_MS = 10_000;

export function runScenario(text: string): string {
  const scenario = new Scenario();
  const blocks = text.trimEnd().split(/\n\n+/);
  return `${blocks.map((block) => scenario.block(block)).join('\n\n')}\n`;
}

class Scenario {
  #network = new Network();
  #peers = new Map<string, Peer>();
  /** Whether the modules gossip: with each other, with nobody that is there, or not at all. */
  #gossiping = 'off';

  block(block: string): string {
    const commands = block.split('\n----')[0]?.split('\n') ?? [];
    const observed = commands.filter((line) => line !== '' && !line.startsWith('#')).flatMap((line) => this.#command(line.split(' ')));
    return observed.length === 0 ? commands.join('\n') : [...commands, '----', ...observed].join('\n');
  }

  #command([verb = '', ...words]: string[]): string[] {
    const [first = '', second = ''] = words;
    switch (verb) {
      case 'cluster':
        return this.#cluster(words);
      case 'deploy':
        return this.#deploy(words);
      case 'sleep':
        this.#network.node(first).crash();
        return [];
      case 'wake':
        this.#network.node(first).start();
        return [];
      case 'cut':
        this.#network.node(first).cutFrom.add(second);
        return [];
      case 'join':
        this.#network.node(first).cutFrom.delete(second);
        return [];
      case 'gossip':
        this.#gossiping = first;
        return [];
      case 'settle':
        return this.#settle(Number(first || '40'));
      case 'exchange':
        return this.#traced(() => this.#network.node(first).exchange(MODULE, this.#peer(second)));
      case 'backup':
        return [...this.#network.nodes.values()].map(({ peer: { name }, gossip }) => {
          const rate = gossip?.view(this.#network.now).backup;
          return `${name} ${rate?.rate}: ${rate?.why}`;
        });
      default:
        throw new Error(`unknown command ${verb}`);
    }
  }

  #cluster(names: string[]): string[] {
    names.forEach((name, index) => this.#peers.set(name, peer(index + 1, name)));
    this.#network = new Network({ intervalMs: INTERVAL_MS, rendezvous: [this.#peer(names[0] ?? '')] });
    for (const known of this.#peers.values()) this.#network.add(known);
    for (const node of this.#network.nodes.values()) node.start([...this.#peers.values()]);
    return [];
  }

  /** deploy d2 [scrub] [code LABEL] [at NODE] */
  #deploy([name = '', ...words]: string[]): string[] {
    const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
    const label = after('code');
    const at = this.#network.node(after('at') ?? [...this.#peers.keys()][0] ?? '');
    const sequence = Number(name.slice(1));
    at.inject(
      record(sequence, { scrub: words.includes('scrub'), ...(label === undefined ? {} : { code: label === 'none' ? null : code(label) }) }),
    );
    return [];
  }

  /** Lets rounds pass; shows what lasts: codes fetched, state dropped, and how each node stands. */
  #settle(rounds: number): string[] {
    const from = this.#network.trace.length;
    for (let round = 0; round < rounds; round += 1) {
      for (const node of this.#network.nodes.values()) this.#gossip(node);
      this.#network.run(INTERVAL_MS);
    }
    const lasting = this.#network.trace.slice(from).filter((line) => line.includes(' fetch ') || line.includes(' drops '));
    return [...lasting.sort(), ...[...this.#network.nodes.values()].map((node) => this.#standing(node))];
  }

  #gossip(node: TestNode): void {
    const [to] = this.#gossiping === 'nobody' ? [peer(99, 'nobody')] : (node.gossip?.peers(1) ?? []);
    if (to !== undefined && this.#gossiping !== 'off') node.exchange(MODULE, to);
  }

  /** What an action causes until the network is quiet. */
  #traced(act: () => void): string[] {
    const from = this.#network.trace.length;
    act();
    this.#network.run(100);
    return this.#network.trace.slice(from);
  }

  #standing(node: TestNode): string {
    const { name } = node.peer;
    if (node.gossip === null) return `${name} asleep`;
    const view = node.view(MODULE);
    if (view === undefined) return `${name} knows nothing`;
    const epoch = node.gossip.records().find(({ hash }) => hash === view.stateEpoch);
    const running = view.running === null ? 'nothing' : deploymentName(view.running.deployment);
    const words = [...(node.running(MODULE)?.instance.words ?? [])].sort().join(' ');
    const why = view.why === null ? '' : ` (${view.why.message})`;
    return `${name} ${running} epoch=${epoch ? deploymentName(epoch.deployment) : 'none'} ${view.state}${why} state: ${words}`;
  }

  #peer(name: string): Peer {
    const found = this.#peers.get(name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }
}
