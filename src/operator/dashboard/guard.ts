/**
 * Who may read the dashboard: the browser that opened the one-time address. Other users of the machine, other programs that listen on it, and pages of
 * the web that reach loopback through the browser get nothing.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** `open`: the one-time address, asked for the first time. `page`: the path below the session's own. */
export type Verdict =
  | { readonly kind: 'open'; readonly cookie: string; readonly path: string }
  | { readonly kind: 'page'; readonly path: string; readonly query: URLSearchParams }
  | { readonly kind: 'refused'; readonly why: string };

/** 256 bits. */
const SECRET_BYTES = 32;
const MAX_PATH = 4_096;
const COOKIE = 'gossip-dashboard';
export const OPEN_PATH = '/open/';
const USED = "This address was used already, and works once. End 'gossip dashboard' and start it again for another one.";

export class Guard {
  /** In the address that is printed. */
  readonly token = secret();
  readonly #session = secret();
  /** The page lies below a path that only the session knows: a browser sends a cookie of 127.0.0.1 to every port of it, but to no other path. */
  readonly #base = `/${secret()}/`;
  readonly #host: string;
  #isUsed = false;

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`;
  }

  /** The only address that may stand in a request: with another name it is some page's that had its name point here (DNS rebinding). */
  get origin(): string {
    return `http://${this.#host}`;
  }

  judge({ method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): Verdict {
    if (headers.host !== this.#host) return refused(`Only ${this.origin} is served here.`);
    if (method !== 'GET') return refused('This is read-only.');
    if (headers.origin !== undefined && headers.origin !== this.origin) return refused('Other pages may not ask here.');
    if (url.length > MAX_PATH || !url.startsWith('/') || !URL.canParse(url, this.origin)) return refused('There is no such address.');
    const { origin, pathname, searchParams } = new URL(url, this.origin);
    if (origin !== this.origin) return refused('There is no such address.');
    if (pathname.startsWith(OPEN_PATH)) return this.#open(pathname.slice(OPEN_PATH.length));
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return refused('Other pages may not ask here.');
    const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim());
    const isKnown = cookies.some((each) => each.startsWith(`${COOKIE}=`) && isSame(each.slice(COOKIE.length + 1), this.#session));
    const isBelow = isSame(pathname.slice(0, this.#base.length), this.#base);
    if (!isKnown || !isBelow) return refused("Open the address that 'gossip dashboard' printed.");
    return { kind: 'page', path: pathname.slice(this.#base.length), query: searchParams };
  }

  #open(token: string): Verdict {
    if (!isSame(token, this.token)) return refused("Open the address that 'gossip dashboard' printed.");
    if (this.#isUsed) return refused(USED);
    this.#isUsed = true;
    const cookie = `${COOKIE}=${this.#session}; Path=${this.#base}; HttpOnly; SameSite=Strict`;
    return { kind: 'open', cookie, path: this.#base };
  }
}

function refused(why: string): Verdict {
  return { kind: 'refused', why };
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
