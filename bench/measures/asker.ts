/** A member that is no node, and asks a module on one node, one question right after the other. Nobody can call it back; nodes take that as it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/lab/ports.ts';
import { HEADERS } from '../../src/api/headers.ts';
import { callTo } from '../../src/api/routes.ts';
import { PeerClient } from '../../src/core/transport/client/client.ts';
import type { Answer } from '../../src/core/transport/client/answer.ts';
import { digestOf } from '../../src/gossip/digest.ts';
import { formatStamp, stampOf } from '../../src/gossip/stamp.ts';
import type { VerifiedDeployment } from '../../src/model/deployment.ts';
import { formatAddress } from '../../src/model/address.ts';
import type { Address, ModuleName, Peer } from '../../src/model/names.ts';
import { makeAdmission } from '../../src/trust/admission.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import { parseToken } from '../../src/trust/token.ts';
import { NotInTime } from '../harness/wait.ts';

/** So that the asking takes less of the machine than the answering. */
const REST_MS = 1;
const TIMEOUT_MS = 5_000;

export interface Asked {
  /** The longest time from one answer to the next. */
  readonly longestGapMs: number;
}

export class Asker {
  readonly #client: PeerClient;
  readonly #node: Peer;
  readonly #module: ModuleName;
  readonly #introduction: Uint8Array;
  readonly #digest: string;
  /** Where it says that it listens, as whoever asks a module must. */
  readonly #address: Address;
  /** What the module's messages are stamped with: the node says so itself when it has gone on to another deployment. */
  #stamp: string;

  private constructor(token: string, node: Peer, running: VerifiedDeployment, address: Address) {
    const identity = makeIdentity();
    const { root, delegation, secret } = parseToken(token);
    const admission = makeAdmission({ cluster: root.cluster, node: identity.id }, delegation, secret);
    this.#client = new PeerClient({ identity });
    this.#node = node;
    this.#module = running.deployment.module;
    this.#introduction = Buffer.from(JSON.stringify({ admission, name: '', address: null }));
    this.#digest = digestOf([running.hash]);
    this.#stamp = formatStamp(stampOf(running, null));
    this.#address = address;
  }

  /** Whoever makes it must close it. */
  static async greeting(token: string, node: Peer, running: VerifiedDeployment): Promise<Asker> {
    const [port = 0] = await freePorts(1);
    const asker = new Asker(token, node, running, formatAddress('127.0.0.1', port));
    await asker.#greet().catch(async (error: unknown) => {
      await asker.close();
      throw error;
    });
    return asker;
  }

  async #greet(): Promise<void> {
    const { status } = await this.#client.request(this.#node, { ...callTo('hello'), body: this.#introduction, timeoutMs: TIMEOUT_MS });
    if (status !== 200) throw new Error(`${this.#node.name} does not greet back: ${status}`);
  }

  /** Asks until `act` is done. What it throws is thrown. */
  async askWhile(act: Promise<unknown>): Promise<Asked> {
    const seen = { longestGapMs: 0, answers: 0, lastAt: performance.now(), isDone: false };
    const done = act.finally(() => (seen.isDone = true));
    // It is awaited at the end; until then it may fail.
    done.catch(() => undefined);
    while (!seen.isDone) {
      if (await this.#ask()) {
        const now = performance.now();
        // The first one ends no gap: what was before it was not watched.
        if (seen.answers > 0) seen.longestGapMs = Math.max(seen.longestGapMs, now - seen.lastAt);
        seen.lastAt = now;
        seen.answers += 1;
      }
      await sleep(REST_MS);
    }
    await done;
    if (seen.answers === 0) throw new NotInTime(`${this.#module} on ${this.#node.name} answered nothing`);
    return { longestGapMs: Math.max(seen.longestGapMs, performance.now() - seen.lastAt) };
  }

  /** Whether the module answered. */
  async #ask(): Promise<boolean> {
    const headers = { [HEADERS.deployment]: this.#stamp, [HEADERS.digest]: this.#digest, [HEADERS.address]: this.#address };
    const call = { ...callTo('exchange', { module: this.#module }), headers, body: Buffer.from('null'), timeoutMs: TIMEOUT_MS };
    const answer = await this.#client.request(this.#node, call).catch(() => null);
    if (answer?.status === 409) this.#stamp = stampIn(answer) ?? this.#stamp;
    return answer?.status === 200;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function stampIn({ body }: Answer<Uint8Array>): string | null {
  return (JSON.parse(Buffer.from(body).toString()) as { stamp: string | null }).stamp;
}
