/** The stage in memory: a `TestNetwork` of two nodes. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Body, Json, ModuleClass, Peer, Shown } from '../../../src/sdk/index.ts';
import { shownText } from '../../../src/sdk/border.ts';
import { TestNetwork } from '../../../src/sdk/test-context.ts';
import type { TestNode } from '../../../src/sdk/test-node.ts';
import { peerClass } from './peer.ts';
import { plain, USES } from './stage.ts';
import type { Beginning, Stage } from './stage.ts';

/** Loads an entry as a host does. */
export function classAt(directory: string): ModuleClass {
  const path = join(directory, 'index.mjs');
  return (createRequire(path)(path) as { default: ModuleClass }).default;
}

export class NetworkStage implements Stage {
  readonly heard: Body[] = [];
  readonly forgotten: string[] = [];
  readonly #write: (members: Readonly<Record<string, string>>) => Promise<string>;
  readonly #network = new TestNetwork();
  #node: TestNode | undefined;
  #peer: Peer | undefined;

  constructor(write: (members: Readonly<Record<string, string>>) => Promise<string>) {
    this.#write = write;
  }

  async begin(members: Readonly<Record<string, string>>, { settings = {}, state, other }: Beginning = {}): Promise<string> {
    const Module = classAt(await this.#write(members));
    this.#peer = (await this.#network.add(peerClass(this.heard), { module: 'probe' })).peer;
    const on = other === undefined ? undefined : await this.#network.add(classAt(await this.#write(other)), { module: 'other' });
    const beginning = { settings, uses: USES, module: 'probe', ...(state !== undefined && { state }), ...(on && { on }) };
    return outcome(async () => void (this.#node = await this.#network.add(Module, beginning)));
  }

  async update(members: Readonly<Record<string, string>>): Promise<string> {
    const Module = classAt(await this.#write(members));
    return outcome(() => this.#running.update(Module, { deployment: 'd2' }));
  }

  async deliver(body: Body): Promise<Body> {
    return this.#network.deliver<Body>(this.#running, body, this.#peer as Peer).catch(plain);
  }

  async request(body: Body): Promise<Body> {
    return this.#running.request(body).catch(plain);
  }

  get published(): readonly (readonly [string, Json])[] {
    return this.#running.events.map(({ topic, event }) => [topic, event] as const);
  }

  async inspect(): Promise<Shown> {
    return JSON.parse(shownText(this.#running.module.inspect())) as Json;
  }

  async lose(): Promise<void> {
    this.#network.nodes.find(({ peer }) => peer.id === this.#peer?.id)?.crash();
  }

  async stop(reason: 'update' | 'shutdown' | 'removed'): Promise<void> {
    await this.#running.stop(reason);
  }

  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let passedMs = 0; !(await holds()); passedMs += 10) {
      if (passedMs > 60_000) throw new Error('it does not come to hold');
      await this.#network.advance(10);
      // What nobody handled is told between two tasks of the real clock.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get #running(): TestNode {
    if (this.#node === undefined) throw new Error('nothing runs');
    return this.#node;
  }
}

export async function outcome(step: () => Promise<void>): Promise<string> {
  return step().then(() => 'runs', plain);
}
