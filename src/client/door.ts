/** The HTTP under the client. `DoorCaller`: by a Unix socket, or loopback with a token. */
import { Agent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { MAX_REFUSAL_BYTES, parseRefusal } from '../api/refusal.ts';
import { errorOf, GossipError } from '../model/errors.ts';
import { MAX_TOLD, safeText } from '../model/safe-text.ts';

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

/** Half of what a node has for all programs. More requests at once wait here: the node would only let them wait, too. */
const MAX_CONNECTIONS = 128;

/** A way to the modules of one node. */
export abstract class Caller {
  /** Ends the connections that are kept for the next request. */
  abstract close(): void;

  /** The head of an answer, whatever its status. `apart`: over a connection of its own. */
  protected abstract send(asked: Asked, apart: boolean): Promise<IncomingMessage>;

  /** Why nobody answered, or not to the end; whoever gave the request up hears his own reason. */
  protected abstract failed(thrown: unknown): GossipError;

  /** The head of a success; what the node refuses is thrown as its coded error. */
  async open(asked: Asked, apart = false): Promise<IncomingMessage> {
    const answer = await this.#sent(asked, apart);
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    throw errorOf(parseRefusal({ status, body: await this.#whole(answer, MAX_REFUSAL_BYTES, asked.signal) }));
  }

  async ask(asked: Asked): Promise<{ readonly type: string; readonly body: Uint8Array }> {
    const answer = await this.open(asked);
    return { type: answer.headers['content-type'] ?? '', body: await this.#whole(answer, MAX_ANSWER_BYTES, asked.signal) };
  }

  async #sent(asked: Asked, apart: boolean): Promise<IncomingMessage> {
    try {
      return await this.send(asked, apart);
    } catch (thrown) {
      throw this.#why(thrown, asked.signal);
    }
  }

  async #whole(answer: IncomingMessage, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    try {
      return await wholeOf(answer, maxBytes);
    } catch (thrown) {
      throw this.#why(thrown, signal);
    }
  }

  #why(thrown: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    return thrown instanceof GossipError ? thrown : this.failed(thrown);
  }
}

export class DoorCaller extends Caller {
  readonly #at: DoorAddress;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

  constructor(at: DoorAddress) {
    super();
    this.#at = at;
  }

  override close(): void {
    this.#agent.destroy();
  }

  protected override send(asked: Asked, apart: boolean): Promise<IncomingMessage> {
    const { token } = this.#at;
    return answerTo(asked, (options) =>
      begun({
        ...options,
        ...this.#where(),
        agent: apart ? false : this.#agent,
        headers: { ...options.headers, host: 'gossip', ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }) },
      }),
    );
  }

  protected override failed(thrown: unknown): GossipError {
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

  #where(): { readonly socketPath: string } | { readonly host: string; readonly port: string } {
    const { socket, address = '' } = this.#at;
    if (socket !== undefined) return { socketPath: socket };
    const url = URL.parse(`http://${address}`);
    if (url === null || !/:\d+$/.test(address))
      throw new GossipError('GOSSIP_E_ADDRESS', `'${safeText(address, MAX_TOLD)}' is not host:port`);
    const { hostname } = url;
    // URL leaves out what is HTTP's own.
    const port = url.port || '80';
    return { host: hostname.replace(/^\[|\]$/g, ''), port };
  }
}

/** What every way gives to its own kind of request. */
interface SentOptions {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends with `begin`, and resolves with the head of the answer. */
export function answerTo(
  { method, path, headers = {}, body, signal }: Asked,
  begin: (options: SentOptions) => ClientRequest,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const sent = begin({ method, path, headers: { ...length, ...headers }, ...(signal !== undefined && { signal }) });
  sent.once('response', resolve);
  sent.once('error', reject);
  sent.end(body);
  return promise;
}

/** Throws a coded error for what can be no request: Node refuses odd headers at once. */
function begun(options: RequestOptions): ClientRequest {
  try {
    return httpRequest(options);
  } catch (cause) {
    throw new GossipError('GOSSIP_E_REQUEST', `this cannot be asked: ${(cause as Error).message}`, { cause });
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
