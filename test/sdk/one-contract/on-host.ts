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
import { goneFailure, plain, USES } from './stage.ts';
import { Publications } from '../../../src/core/door/publications.ts';
import { DOOR_LIMITS } from '../../../src/core/door/limits.ts';
import type { UsesOfHost } from '../../../src/core/hosting/uses-port.ts';
import { failureOf, GossipError } from '../../../src/model/errors.ts';
import type { ModuleName } from '../../../src/model/names.ts';
import type { PublishedEvent } from '../../../src/sdk/content.ts';
import type { Beginning, Stage } from './stage.ts';

const FORGOTTEN = /(?=(?:an exchange|a request to another module) failed, and no catch handles it)/;
const STEP_MS = 2_500;
const ANSWER_MS = 5_000;

export class HostStage implements Stage {
  readonly heard: Body[] = [];
  readonly published: [string, Json][] = [];
  readonly #workshop: Workshop;
  readonly #lines: string[] = [];
  readonly #publications = new Publications({ originOf: () => 1, limits: DOOR_LIMITS });
  #host: ModuleHost | undefined;
  #other: ModuleHost | undefined;
  #generation = 0;
  #lost = false;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  get forgotten(): string[] {
    const text = this.#lines.join('\n');
    return text.split(FORGOTTEN).filter((part) => FORGOTTEN.test(part));
  }

  async begin(members: Readonly<Record<string, string>>, { settings = {}, state, other }: Beginning = {}): Promise<string> {
    return outcome(async () => {
      if (other !== undefined) await this.#beginOther(other);
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

  async #beginOther(members: Readonly<Record<string, string>>): Promise<void> {
    const events = {
      onExchange: () => undefined,
      onPublish: (event: PublishedEvent) => this.#publications.publish('other', event),
      onExit: () => undefined,
      onLog: (line: string) => this.#lines.push(line),
    };
    const { host } = await this.#workshop.start(moduleSource({ ...members }), { module: 'other' as ModuleName, deployment: 'd1', events });
    await host.activate();
    this.#other = host;
  }

  /** As a core has it, but for the protocol. */
  #uses(): UsesOfHost {
    const reach = (module: ModuleName): ModuleHost => {
      if (module === 'other' && this.#other !== undefined) return this.#other;
      throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
    };
    return {
      request: (module, content, _timeoutMs, done) => {
        const asked = async () => reach(module).request(content, 'probe' as ModuleName);
        asked().then(
          (value) => done({ value }),
          (error: unknown) => done({ failure: failureOf(error) }),
        );
      },
      watch: (module, topic, sink) => {
        reach(module);
        return this.#publications.subscribe(module, topic, sink);
      },
    };
  }

  async #start(members: Readonly<Record<string, string>>, options: Pick<HostOptions, 'settings' | 'deployment'>): Promise<Recorded> {
    const generation = ++this.#generation;
    const hosts = new Map<number, ModuleHost>();
    const recorded = await this.#workshop.start(await this.#workshop.module(moduleSource({ ...members }), {}, USES), {
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
        uses: this.#uses(),
        onExit: () => undefined,
        onLog: (line) => this.#lines.push(line),
      },
    });
    hosts.set(generation, recorded.host);
    recorded.host.surroundings.setPeers({ near: [OTHER], others: [] });
    return recorded;
  }

  get #running(): ModuleHost {
    if (this.#host === undefined) throw new Error('nothing runs');
    return this.#host;
  }
}
