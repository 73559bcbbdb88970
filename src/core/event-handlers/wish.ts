/** What `--on EVENT[,EVENT]…=PROGRAM` asks for, and whether it can be had. */
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { longTopic } from '../../api/apps.ts';
import { GossipError } from '../../model/errors.ts';
import { isModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { MAX_TOPIC } from '../../sdk/limits.ts';
import { MAX_HANDLERS } from './limits.ts';

/** Published by the module membership. */
const MEMBER_EVENTS = ['join', 'leave', 'fail'] as const;
/** Of the node itself. */
const NODE_EVENTS = ['deployment', 'module', 'alarm'] as const;

export const MEMBERSHIP = 'membership' as ModuleName;

export type WantedEvent =
  | { readonly of: 'node'; readonly event: (typeof NODE_EVENTS)[number] }
  | { readonly of: 'membership'; readonly event: (typeof MEMBER_EVENTS)[number] }
  /** All that a module publishes under topics that begin so. */
  | { readonly of: 'module'; readonly module: ModuleName; readonly topic: string };

export interface HandlerWish {
  /** The events as they were given. */
  readonly on: string;
  readonly events: readonly WantedEvent[];
  /** An absolute path. */
  readonly program: string;
}

/** The first `=` ends the events: a path may hold more of them. */
export function parseHandler(text: string): HandlerWish {
  const at = text.indexOf('=');
  const [on, program] = [text.slice(0, at), text.slice(at + 1)];
  if (at <= 0 || program === '') throw wrong(`'${told(text)}' is not EVENT=PROGRAM`);
  if (program.includes('\0')) throw wrong('the path of the program holds a zero byte');
  return { on, events: on.split(',').map((event) => wantedEvent(event.trim())), program: resolve(program) };
}

function wantedEvent(text: string): WantedEvent {
  const member = MEMBER_EVENTS.find((event) => event === text);
  if (member !== undefined) return { of: 'membership', event: member };
  const own = NODE_EVENTS.find((event) => event === text);
  if (own !== undefined) return { of: 'node', event: own };
  const colon = text.indexOf(':');
  const [module, topic] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  if (!isModuleName(module)) throw wrong(`'${told(text)}' is no event`);
  if (topic.length > MAX_TOPIC) throw wrong(longTopic(topic));
  return { of: 'module', module, topic };
}

/** The module without which the event never comes. */
export function sourceOf(wanted: WantedEvent): ModuleName | null {
  return wanted.of === 'node' ? null : wanted.of === 'membership' ? MEMBERSHIP : wanted.module;
}

/** Throws where a program cannot be started, or its events can never come: an operator should hear of that at once, and not by the silence. */
export async function checkHandlers(wishes: readonly HandlerWish[], runs: (module: ModuleName) => boolean): Promise<void> {
  if (wishes.length > MAX_HANDLERS) throw wrong(`${wishes.length} handlers; a node may have ${MAX_HANDLERS}`);
  for (const { on, events, program } of wishes) {
    const missing = events.map(sourceOf).find((module) => module !== null && !runs(module));
    if (missing !== undefined) throw wrong(`the events of '${told(on)}' come from the module ${missing}, which may not run here`);
    await checkProgram(program);
  }
}

/** What Linux reads of a first line. */
const MAX_FIRST_LINE = 256;

async function checkProgram(program: string): Promise<void> {
  const found = await stat(program).catch((cause: NodeJS.ErrnoException) => {
    throw wrong(`${told(program)} cannot be started: ${cause.code === 'ENOENT' ? 'it is not there' : cause.message}`, cause);
  });
  if (!found.isFile()) throw wrong(`${told(program)} is no file`);
  await access(program, constants.X_OK).catch((cause: unknown) => {
    throw wrong(`${told(program)} is not executable for this user`, cause);
  });
  const interpreter = await interpreterOf(program);
  if (interpreter === null) return;
  // The system says of both that the program is not there.
  await access(interpreter, constants.X_OK).catch((cause: unknown) => {
    const line = told(interpreter);
    throw wrong(
      `${told(program)} cannot be started: its first line names the interpreter '${line}', which is not there, or not executable for this user`,
      cause,
    );
  });
}

/** What the first line of a script names after `#!`; null for a program that is no script, or that this user may run and not read. */
async function interpreterOf(program: string): Promise<string | null> {
  const file = await open(program).catch(() => null);
  if (file === null) return null;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FIRST_LINE), 0, MAX_FIRST_LINE, 0);
    const [, interpreter] = /^#![ \t]*([^ \t\n\0]+)/.exec(buffer.toString('latin1', 0, bytesRead)) ?? [];
    return interpreter === undefined ? null : resolve('/', Buffer.from(interpreter, 'latin1').toString());
  } finally {
    await file.close();
  }
}

function told(text: string): string {
  return safeText(text, MAX_TOLD);
}

function wrong(message: string, cause?: unknown): GossipError {
  return new GossipError('GOSSIP_E_HANDLER', message, { cause });
}
