/** The web server of `gossip dashboard`: loopback alone, read-only, for the one browser that opened its address. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GossipError, toGossipError } from '../../model/errors.ts';
import { listenOnLoopback } from '../../process/listen.ts';
import { Guard, OPEN_PATH } from './guard.ts';
import type { PageFiles } from './page-files.ts';
import type { Streams } from './streams.ts';

/** What the page may ask for one at a time, by its name below `api/`; throws where it cannot be told. */
export type Answers = Readonly<Record<string, (query: URLSearchParams) => Promise<unknown>>>;

export interface Serving {
  /** 0: any that is free. */
  readonly port: number;
  readonly files: PageFiles;
  readonly streams: Streams;
  readonly answers: Answers;
}

export interface RunningServer {
  readonly port: number;
  /** Works once. */
  readonly address: string;
  end(): Promise<void>;
}

/** Nothing from elsewhere, nothing inline, nothing that makes elements of text; nobody frames it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};
const MAX_CONNECTIONS = 32;
/** Of the page's own questions to nodes at the same time; one more is refused. */
const MAX_ASKED = 4;

/** Listens until it is ended. */
export async function startServer({ port, files, streams, answers }: Serving): Promise<RunningServer> {
  const server = createServer({ maxHeaderSize: 16_384, requestTimeout: 10_000, headersTimeout: 10_000 });
  server.maxConnections = MAX_CONNECTIONS;
  const listening = await listenOnLoopback(server, port, '--port');
  const guard = new Guard(listening);
  let asked = 0;

  const answerPage = async (path: string, query: URLSearchParams, answer: ServerResponse): Promise<void> => {
    if (path === 'api/stream') return follow(answer);
    const file = files.get(path);
    if (file !== undefined) return send(answer, 200, file.type, file.bytes);
    const [, name = ''] = /^api\/([a-z]+)$/.exec(path) ?? [];
    const ask = Object.hasOwn(answers, name) ? answers[name] : undefined;
    if (ask === undefined) return send(answer, 404, 'text/plain; charset=utf-8', 'There is nothing at this address.\n');
    if (asked >= MAX_ASKED) return sendError(answer, new GossipError('GOSSIP_E_BUSY', 'too much is asked at once'));
    asked += 1;
    try {
      send(answer, 200, 'application/json', JSON.stringify(await ask(query)));
    } catch (thrown) {
      sendError(answer, toGossipError(thrown));
    } finally {
      asked -= 1;
    }
  };
  const follow = (answer: ServerResponse): void => {
    if (!streams.hasRoom) return sendError(answer, new GossipError('GOSSIP_E_BUSY', 'as many pages as may be are open already'));
    answer.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    streams.add(answer);
  };
  server.on('request', (request: IncomingMessage, answer: ServerResponse) => {
    request.resume();
    const verdict = guard.judge(request);
    if (verdict.kind === 'refused') refuse(answer, verdict.why);
    else if (verdict.kind === 'open') open(answer, verdict.cookie, verdict.path);
    else void answerPage(verdict.path, verdict.query, answer);
  });
  return {
    port: listening,
    address: `${guard.origin}${OPEN_PATH}${guard.token}`,
    end: async () => {
      streams.end();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** By a page that goes on by itself: after a redirect from a link elsewhere the browser would keep the cookie back. */
function open(answer: ServerResponse, cookie: string, path: string): void {
  answer.setHeader('set-cookie', cookie);
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${path}"><link rel="icon" href="${path}icon.svg"><title>gossip</title><a href="${path}">Dashboard</a></html>`;
  send(answer, 200, 'text/html; charset=utf-8', page);
}

function refuse(answer: ServerResponse, why: string): void {
  send(answer, 403, 'text/plain; charset=utf-8', `${why}\n`);
}

function sendError(answer: ServerResponse, { code, message }: GossipError): void {
  send(answer, code === 'GOSSIP_E_BUSY' ? 503 : 502, 'application/json', JSON.stringify({ error: { code, message } }));
}

function send(answer: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  answer.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) });
  answer.end(body);
}
