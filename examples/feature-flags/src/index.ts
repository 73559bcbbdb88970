/** feature-flags: switches features on at a share of the nodes, by a deployment's settings, and tells at how many nodes each really is on. */
import { field, GossipModule, knownSettings, parseState, roundMs } from 'gossip/sdk';
import type { Json } from 'gossip/sdk';
import { isOn, parseFlags } from './flags.ts';
import type { Flags } from './flags.ts';
import { parseFirstReport, parseReports, Reports } from './reports.ts';

export default class FeatureFlags extends GossipModule {
  readonly #reports = new Reports();
  #flags: Flags = new Map();

  /** Settings that are wrong are refused here: the deployment is held, and the old instance goes on with the old ones. */
  override start(): void {
    knownSettings(this.context.settings, ['intervalMs', 'flags']);
    this.#flags = parseFlags(field(this.context.settings, 'flags'));
    this.context.every(roundMs(this.context), () => this.#round());
  }

  isOn(name: string): boolean {
    return isOn(name, this.#flags.get(name) ?? 0, this.context.self.id);
  }

  override receive(body: Json): Json {
    this.#reports.merge(parseReports(body));
    return this.#reports.json();
  }

  override transferState(): string {
    return JSON.stringify({ version: 2, reports: this.#reports.json() });
  }

  /** Version 1 is read for as long as somebody may come from it. */
  override acceptState(text: string): void {
    const { version, state } = parseState(text, [1, 2]);
    const reports = field(state, 'reports');
    this.#reports.merge(version === 1 ? parseReports(reports, parseFirstReport) : parseReports(reports));
  }

  override inspect(): Json {
    const all = [...this.#reports.fresh().values()];
    const flags = [...this.#flags].map(([name, percent]) => {
      const nodes = all.filter(({ on }) => on.includes(name)).length;
      return [name, { percent, here: this.isOn(name), nodes }] as const;
    });
    // Before an update has reached everyone, some still go by older settings.
    const behind = all.filter(({ deployment }) => deployment !== this.context.deployment).length;
    return { nodes: all.length, behind, flags: Object.fromEntries(flags) };
  }

  async #round(): Promise<void> {
    const { self, deployment } = this.context;
    this.#reports.begin(self.id, { deployment, on: [...this.#flags.keys()].filter((name) => this.isOn(name)) });
    for (const peer of this.context.peers(1)) {
      try {
        this.#reports.merge(parseReports(await this.context.exchange(peer, this.#reports.json())));
      } catch (error) {
        this.context.log('an exchange failed', { peer: peer.name, error: String(error) });
      }
    }
  }
}
