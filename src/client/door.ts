/** The HTTP under the client: a Unix socket, or loopback with a token. */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { MAX_REFUSAL_BYTES, parseRefusal } from '../api/refusal.ts';
import { errorOf, GossipError } from '../model/errors.ts';

export interface DoorAddress {
  readonly socket?: string | undefined;
  /** `host:port` of loopback. */
  readonly address?: string | undefined;
  readonly token?: string | undefined;
}

export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** An answer of a module has 1 MiB at most. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

export class DoorCaller {
  readonly #at: DoorAddress;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(at: DoorAddress) {
    this.#at = at;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The head of a success; what the node refuses is thrown as its coded error. `apart`: over a connection of its own. */
  async open(asked: Asked, apart = false): Promise<IncomingMessage> {
    const answer = await this.#send(asked, apart);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    throw errorOf(parseRefusal({ status, body: await wholeOf(answer, MAX_REFUSAL_BYTES) }));
  }

  async ask(asked: Asked): Promise<{ readonly type: string; readonly body: Uint8Array }> {
    const answer = await this.open(asked);
    try {
      return { type: answer.headers['content-type'] ?? '', body: await wholeOf(answer, MAX_ANSWER_BYTES) };
    } catch (thrown) {
      throw this.#failed(thrown, asked.signal);
    }
  }

  #send({ method, path, headers, body, signal }: Asked, apart: boolean): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = httpRequest({
      ...this.#where(),
      method,
      path,
      agent: apart ? false : this.#agent,
      headers: {
        host: 'gossip',
        ...(this.#at.token !== undefined && { authorization: `Bearer ${this.#at.token}` }),
        ...(body !== undefined && { 'content-length': String(body.length) }),
        ...headers,
      },
      ...(signal !== undefined && { signal }),
    });
    sent.once('response', resolve);
    sent.once('error', (thrown) => reject(this.#failed(thrown, signal)));
    sent.end(body);
    return promise;
  }

  #where(): { readonly socketPath: string } | { readonly host: string; readonly port: string } {
    const { socket, address = '' } = this.#at;
    if (socket !== undefined) return { socketPath: socket };
    const { hostname, port } = new URL(`http://${address}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port };
  }

  /** Why nobody answered; whoever gave the request up hears his own reason. */
  #failed(thrown: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (thrown instanceof GossipError) return thrown;
    const { code, message } = thrown as NodeJS.ErrnoException;
    const where = this.#at.socket ?? this.#at.address ?? '';
    if (code === 'EACCES' || code === 'EPERM') {
      return new GossipError('GOSSIP_E_UNREACHABLE', `this user may not open ${where}`, {
        advice: 'Run it as the user of the node, or let a group in: gossip node run --app-socket-group.',
        cause: thrown,
      });
    }
    const why = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'no node listens there' : message;
    return new GossipError('GOSSIP_E_UNREACHABLE', `cannot reach the node at ${where}: ${why}`, { cause: thrown });
  }
}

/** The body, up to its bound. */
export async function wholeOf(answer: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new GossipError('GOSSIP_E_TOO_LARGE', `an answer of more than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
