/** The stage of real processes: hosts, and a core that answers for the peer. */
import type { HostOptions } from '../../../src/core/hosting/host-options.ts';
import type { ModuleHost } from '../../../src/core/hosting/host.ts';
import { valueOf } from '../../../src/sdk/border-applications.ts';
import { contentOf, saidIn } from '../../../src/model/content.ts';
import { bodyOf, messageOf, requestOf } from '../../../src/sdk/border.ts';
import { carry, saidOfCarried } from '../../../src/sdk/carried.ts';
import type { Body, Json } from '../../../src/sdk/index.ts';
import { moduleSource, OTHER, until } from '../../core/hosting/support.ts';
import type { Recorded, Workshop } from '../../core/hosting/support.ts';
import { outcome } from './on-network.ts';
import { goneFailure, plain } from './stage.ts';
import type { Beginning, Stage } from './stage.ts';

const STEP_MS = 2_500;
const ANSWER_MS = 5_000;

export class HostStage implements Stage {
  readonly heard: Body[] = [];
  readonly published: [string, Json][] = [];
  readonly #workshop: Workshop;
  readonly #lines: string[] = [];
  #host: ModuleHost | undefined;
  #generation = 0;
  #lost = false;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  get forgotten(): string[] {
    const text = this.#lines.join('\n');
    return text.split(/(?=an exchange failed, and no catch handles it)/).filter((part) => part.startsWith('an exchange failed'));
  }

  async begin(members: Readonly<Record<string, string>>, { settings = {}, state }: Beginning = {}): Promise<string> {
    return outcome(async () => {
      const { host } = await this.#start(members, { settings, deployment: 'd1' });
      if (state !== undefined) await host.accept([carry(state)]);
      await host.activate();
      this.#host = host;
    });
  }

  async update(members: Readonly<Record<string, string>>): Promise<string> {
    return outcome(async () => {
      const { host } = await this.#start(members, { settings: {}, deployment: 'd2' });
      await host.accept(await this.#running.takeState());
      await host.activate();
      await this.#running.stop(1_000, 'update');
      this.#host = host;
    });
  }

  async deliver(body: Body): Promise<Body> {
    const asked = carry(messageOf(body));
    return this.#running.deliver(OTHER, asked, ANSWER_MS).then((answer) => bodyOf(saidOfCarried(answer)), plain);
  }

  async request(body: Body): Promise<Body> {
    try {
      return valueOf(saidIn(await this.#running.request(contentOf(requestOf(body)))));
    } catch (error) {
      return plain(error);
    }
  }

  inspect(): Promise<Json> {
    return this.#running.inspect();
  }

  async lose(): Promise<void> {
    this.#lost = true;
    this.#running.tellLost(OTHER);
  }

  async stop(reason: 'update' | 'shutdown' | 'removed'): Promise<void> {
    await this.#running.stop(5_000, reason);
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    let held = false;
    const look = async (): Promise<void> => void (held ||= await holds());
    await until(() => {
      void look();
      return held;
    }, 'the row');
  }

  async #start(members: Readonly<Record<string, string>>, options: Pick<HostOptions, 'settings' | 'deployment'>): Promise<Recorded> {
    const generation = ++this.#generation;
    const hosts = new Map<number, ModuleHost>();
    const recorded = await this.#workshop.start(moduleSource({ ...members }), {
      ...options,
      generation,
      intervalMs: 1_000,
      limits: { stepTimeoutMs: STEP_MS },
      events: {
        onExchange: (token, to, body) => {
          const said = bodyOf(saidOfCarried(body));
          this.heard.push(said);
          if (said === 'silent') return undefined;
          if (this.#lost) return hosts.get(generation)?.reply(token, { failure: goneFailure(to) });
          const answer =
            said === 'fail' ? { failure: { code: 'GOSSIP_E_MODULE_ANSWER', message: 'no answer to that' } as const } : { body };
          return hosts.get(generation)?.reply(token, answer);
        },
        onPublish: ({ topic, text }) => void this.published.push([topic, JSON.parse(text) as Json]),
        onExit: () => undefined,
        onLog: (line) => this.#lines.push(line),
      },
    });
    hosts.set(generation, recorded.host);
    recorded.host.setPeers({ near: [OTHER], others: [] });
    return recorded;
  }

  get #running(): ModuleHost {
    if (this.#host === undefined) throw new Error('nothing runs');
    return this.#host;
  }
}
