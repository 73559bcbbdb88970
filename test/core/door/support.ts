/** A door before a module of paper, and raw connections to it. */
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Door } from '../../../src/core/door/door.ts';
import type { DoorOptions } from '../../../src/core/door/door.ts';
import { DOOR_LIMITS } from '../../../src/core/door/limits.ts';
import type { DoorLimits } from '../../../src/core/door/limits.ts';
import { Publications } from '../../../src/core/door/publications.ts';
import { GossipError } from '../../../src/model/errors.ts';
import type { Content } from '../../../src/model/content.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

export interface PaperDoor {
  readonly door: Door;
  readonly path: string;
  readonly publications: Publications;
  /** What modules were asked. */
  readonly asked: { readonly module: string; readonly form: Content['form']; readonly text: string }[];
  /** Breaks the streams of all who watch. */
  readonly breakAll: () => void;
  /** What waits to be taken by those who watch. */
  readonly heldBytes: () => number;
  /** What was logged as an error. */
  readonly errors: unknown[];
}

const silent = (): void => undefined;

/** `answer`: of the module; by default its own words. */
export async function paperDoor(
  options: Partial<Pick<DoorOptions, 'tcp' | 'strain'>> & {
    /** Default 7, for every stream. */
    readonly originOf?: (stream: string) => number;
    readonly limits?: Partial<DoorLimits>;
    readonly socket?: Partial<NonNullable<DoorOptions['socket']>>;
    readonly answer?: (content: Content) => Promise<Content> | Content;
  } = {},
): Promise<PaperDoor> {
  const { limits = {}, originOf = () => 7, answer = (content) => content } = options;
  const path = options.socket?.path ?? join(await temporaryDirectory(), 'app.sock');
  const publications = new Publications({ originOf, limits: { ...DOOR_LIMITS, ...limits } });
  const asked: PaperDoor['asked'] = [];
  const errors: unknown[] = [];
  const streams = new Set<ServerResponse>();
  const { door } = await Door.open({
    socket: { path, mode: 0o600, ...options.socket },
    tcp: options.tcp ?? null,
    strain: options.strain ?? (() => 1),
    limits,
    log: { debug: silent, warn: silent, error: (fields) => void errors.push(fields) },
    service: {
      request: async (module, content) => {
        if (module === ('nobody' as typeof module))
          throw new GossipError('GOSSIP_E_MODULE_UNKNOWN', `no module '${module}' is deployed here`);
        asked.push({ module, form: content.form, text: Buffer.from(content.bytes).toString() });
        return answer(content);
      },
      watch: (route, request, response) => {
        streams.add(response);
        publications.watch(route.name === 'watch' ? route.module : '', route.name === 'watch' ? route.topic : '', request, response);
      },
    },
  });
  onTestFinished(async () => {
    publications.end();
    await door.close(0);
  });
  return {
    door,
    path,
    publications,
    asked,
    errors,
    breakAll: () => streams.forEach((response) => void response.destroy()),
    heldBytes: () => [...streams].reduce((sum, { writableLength }) => sum + writableLength, 0),
  };
}

/** One connection, and all that came over it. */
export class Line {
  readonly socket: Socket;
  text = '';
  ended = false;

  constructor(path: string) {
    this.socket = connect({ path });
    this.socket.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.socket.on('error', silent);
    this.socket.on('close', () => (this.ended = true));
    onTestFinished(() => void this.socket.destroy());
  }

  say(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  async until(holds: (text: string) => boolean): Promise<string> {
    await eventually(() => holds(this.text) || this.ended);
    if (!holds(this.text)) throw new Error(`it ended with: ${this.text.slice(0, 2_000)}`);
    return this.text;
  }
}

export interface Answered {
  readonly status: number;
  readonly code: string;
}

/** What comes of one request as it stands. */
export async function answerTo(path: string, request: string | Uint8Array): Promise<Answered> {
  const line = new Line(path).say(request);
  await eventually(() => line.ended || isWhole(line.text));
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(line.text)?.[1] ?? 0), code: /"code":"(\w+)"/.exec(line.text)?.[1] ?? '' };
}

function isWhole(text: string): boolean {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  return length !== undefined && Buffer.byteLength(rest.join('\r\n\r\n')) >= Number(length);
}

export function post(path: string, body: string, headers = ''): string {
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

export function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
}

export async function eventually(holds: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
