/** A member of a cluster that is no node: a real identity, admitted by a join token, that says whatever a test wants it to say. */

import { PeerClient } from '../../src/core/transport/client/client.ts';
import type { Callee } from '../../src/core/transport/client/call.ts';
import type { Address } from '../../src/model/names.ts';
import { makeAdmission } from '../../src/trust/admission.ts';
import type { Admission } from '../../src/trust/admission.ts';
import { makeIdentity } from '../../src/trust/identity.ts';
import type { Identity } from '../../src/trust/identity.ts';
import { parseToken } from '../../src/trust/token.ts';
import { atTestEnd } from './endings.ts';

/** A request as the test words it. A `body` that is no bytes is sent as JSON. */
export interface Saying {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Heard {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** The body, parsed; undefined when it is not JSON. */
  readonly json: unknown;
}

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 16 * 1024 * 1024;

export class Member {
  readonly identity: Identity;
  readonly admission: Admission;
  readonly #client: PeerClient;
  /** Whom it has said hello to. */
  readonly #greeted = new Set<string>();

  constructor(token: string, identity: Identity = makeIdentity()) {
    const { root, delegation, secret } = parseToken(token);
    this.identity = identity;
    this.admission = makeAdmission({ cluster: root.cluster, node: identity.id }, delegation, secret);
    this.#client = new PeerClient({ identity });
    atTestEnd(() => this.#client.close());
  }

  /** What it shows of itself in `hello`. */
  introduction(address: Address | null = null, name = ''): { admission: Admission; name: string; address: Address | null } {
    return { admission: this.admission, name, address };
  }

  /** Says hello where that is still to be done, and then this. */
  async say(to: Callee, path: string, saying: Saying = {}): Promise<Heard> {
    const key = `${to.id}@${to.address}`;
    if (!this.#greeted.has(key)) await this.greet(to);
    this.#greeted.add(key);
    return this.sayUngreeted(to, path, saying);
  }

  async greet(to: Callee): Promise<void> {
    const { status, text } = await this.sayUngreeted(to, '/v1/hello', { method: 'POST', body: this.introduction() });
    if (status !== 200) throw new Error(`${to.address} does not greet back: ${text}`);
  }

  async sayUngreeted(to: Callee, path: string, { method = 'GET', headers, body }: Saying): Promise<Heard> {
    const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
    const answer = await this.#client.request(to, {
      method,
      path,
      ...(headers && { headers }),
      ...(bytes && { body: bytes }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    const text = Buffer.from(answer.body).toString();
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
