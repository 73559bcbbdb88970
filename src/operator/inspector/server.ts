/**
 * Where debuggers find the module that an author works on: an address on loopback that speaks as `node --inspect` does, and passes on to the Unix
 * socket of the lab's node. It stays the same over updates; each new instance is a new connection.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { LineReader } from '../../host/lines.ts';
import { listenOnLoopback } from '../../process/listen.ts';
import { withSourceMap } from './source-map.ts';
import type { ProjectPlace } from './source-map.ts';

export interface InspectorPlace {
  /** Null: Node's own 9229, or any that is free where that is taken. */
  readonly port: number | null;
  /** What is looked into, for people. */
  readonly title: string;
  /** Of the lab's node. */
  readonly socket: string;
  readonly project: ProjectPlace;
  /** The map of a script cannot be read: debuggers see the built code. */
  readonly onNoMap: (why: string) => void;
}

export interface RunningInspector {
  readonly url: string;
  end(): Promise<void>;
}

const NODES_PORT = 9_229;
const HOST = '127.0.0.1';
/** Of an author's tools. */
const MAX_CONNECTIONS = 32;
/** RFC 6455, section 7.4.1. */
const GOING_AWAY = 1_001;
const UNACCEPTABLE = 1_003;
/** How long a debugger has to take the last words. */
const CLOSING_MS = 1_000;
/** Of one command: a larger one would have no room in the host's memory. */
const MOST_ASKED_BYTES = 16 * 1024 * 1024;
/** How long a connection may say nothing of use: others want its place. */
const HEAD_MS = 5_000;
/** What a debugger has not taken yet: beyond, the host's next lines wait. */
const MOST_BUFFERED_BYTES = 1024 * 1024;

/** Throws GOSSIP_E_PORT where the port is taken. */
export async function startInspector(place: InspectorPlace): Promise<RunningInspector> {
  const inspector = new InspectorServer(place);
  await inspector.listen();
  return inspector;
}

class InspectorServer implements RunningInspector {
  readonly #place: InspectorPlace;
  readonly #server: Server;
  /** Only who knows it comes in: a page of the web that reaches loopback does not. */
  readonly #id = randomUUID();
  readonly #sockets = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MOST_ASKED_BYTES });
  #port = 0;
  #debugger: WebSocket | null = null;

  constructor(place: InspectorPlace) {
    this.#place = place;
    this.#server = createServer({
      maxHeaderSize: 16_384,
      requestTimeout: HEAD_MS,
      headersTimeout: HEAD_MS,
      connectionsCheckingInterval: 1_000,
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request: IncomingMessage, answer: ServerResponse) => this.#answer(request, answer));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `ws://${HOST}:${this.#port}/${this.#id}`;
  }

  async listen(): Promise<void> {
    const { port } = this.#place;
    this.#port = await listenOnLoopback(this.#server, port ?? NODES_PORT, '--inspect-port').catch((error: unknown) => {
      if (port !== null) throw error;
      return listenOnLoopback(this.#server, 0, '--inspect-port');
    });
  }

  async end(): Promise<void> {
    if (this.#debugger !== null) sayGoodbye(this.#debugger, 'the lab ends');
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** What Chrome and editors ask for to find what may be debugged. */
  #answer(request: IncomingMessage, answer: ServerResponse): void {
    request.resume();
    const { pathname } = new URL(request.url ?? '/', `http://${HOST}`);
    const found = !isOwnName(request) ? undefined : this.#told(pathname);
    const body = JSON.stringify(found ?? {});
    answer.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json; charset=UTF-8', 'cache-control': 'no-cache' });
    answer.end(body);
  }

  #told(path: string): object | undefined {
    if (path === '/json/version') return { Browser: `node.js/${process.version}`, 'Protocol-Version': '1.1' };
    if (path !== '/json' && path !== '/json/list') return undefined;
    const at = `${HOST}:${this.#port}/${this.#id}`;
    return [
      {
        description: 'node.js instance',
        devtoolsFrontendUrl: `devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=${at}`,
        id: this.#id,
        title: this.#place.title,
        type: 'node',
        url: `file://${this.#place.project.output}`,
        webSocketDebuggerUrl: this.url,
      },
    ];
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (!isOwnName(request) || request.url !== `/${this.#id}`) return refuse(socket, 404, 'Not Found');
    if (this.#debugger !== null) return refuse(socket, 409, 'Conflict', 'a debugger is in it; one at a time');
    return this.#sockets.handleUpgrade(request, socket, head, (side) => this.#bridge(side));
  }

  #bridge(side: WebSocket): void {
    const node = connect({ path: this.#place.socket });
    side.on('message', (text: RawData, isBinary: boolean) => {
      if (isBinary) return side.close(UNACCEPTABLE, 'only texts are taken');
      // A new line within JSON is white space.
      return void node.write(`${(text as Buffer).toString().replaceAll('\n', ' ')}\n`);
    });
    // What is against the protocol ends the connection, with the reason.
    side.on('error', () => undefined);
    side.once('close', () => {
      this.#left(side);
      node.destroy();
    });
    this.#debugger = side;
    forward(node, side, this.#place);
    node.on('error', () => node.destroy());
    node.once('close', () => {
      this.#left(side);
      sayGoodbye(side, 'this instance has ended; the next one is at the same address');
    });
  }

  /** The next one may come. */
  #left(side: WebSocket): void {
    if (this.#debugger === side) this.#debugger = null;
  }
}

function forward(node: Socket, side: WebSocket, place: InspectorPlace): void {
  const reader = new LineReader();
  const taken = (): void => {
    if (side.bufferedAmount < MOST_BUFFERED_BYTES) node.resume();
  };
  node.on('data', (chunk: Buffer) => {
    for (const line of reader.push(chunk)) side.send(withSourceMap(line, place.project, place.onNoMap), taken);
    if (side.bufferedAmount >= MOST_BUFFERED_BYTES) node.pause();
  });
}

function sayGoodbye(side: WebSocket, why: string): void {
  side.close(GOING_AWAY, why);
  setTimeout(() => side.terminate(), CLOSING_MS).unref();
}

/** By an address or `localhost`, as Node holds it: behind any other name a page of the web may stand that had it point here (DNS rebinding). */
function isOwnName({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}

function refuse(socket: Duplex, status: number, why: string, text = ''): void {
  socket.end(`HTTP/1.1 ${status} ${why}\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
