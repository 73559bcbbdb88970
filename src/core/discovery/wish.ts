/** What `--join-from dns:NAME|srv:NAME|file:PATH|exec:PROGRAM` asks for. */
import { resolve } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { MAX_SOURCES } from './limits.ts';

/** `label`: as it stands in logs and status. */
export type SourceWish = { readonly label: string } & (
  | { readonly kind: 'dns'; readonly name: string; /** Null: that of this node. */ readonly port: number | null }
  | { readonly kind: 'srv'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'exec'; readonly program: string }
);

/** The service whose records are asked for under a plain name. */
const SERVICE = '_gossip._tcp.';
/** RFC 1035: at most 253 characters, 63 in a label; `_` stands in names of services, and a dot at the end makes a name absolute. */
const NAME = /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
const WITH_PORT = /^([^:]*)(?::(\d{1,5}))?$/;

/** @throws GOSSIP_E_JOIN_FROM for what is no source */
export function parseSources(texts: readonly string[]): readonly SourceWish[] {
  if (texts.length > MAX_SOURCES) throw wrong(`${texts.length} sources of addresses; a node may have ${MAX_SOURCES}`);
  // Asking one twice finds nothing more.
  return [...new Set(texts)].map(parseSource);
}

function parseSource(text: string): SourceWish {
  const at = text.indexOf(':');
  const [kind, rest] = [text.slice(0, at), text.slice(at + 1)];
  if (at <= 0 || rest === '') throw wrong(`'${told(text)}' is no source of addresses`);
  if (rest.includes('\0')) throw wrong('a source of addresses holds a zero byte');
  const label = safeText(text, MAX_TOLD);
  switch (kind) {
    case 'dns':
      return { label, kind, ...hostIn(rest) };
    case 'srv':
      return { label, kind, name: serviceOf(nameIn(rest)) };
    case 'file':
      return { label, kind, path: resolve(rest) };
    case 'exec':
      return { label, kind, program: resolve(rest) };
    default:
      throw wrong(`'${told(text)}' begins with none of dns:, srv:, file: and exec:`);
  }
}

function hostIn(text: string): { readonly name: string; readonly port: number | null } {
  const [, host = '', digits] = WITH_PORT.exec(text) ?? [];
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) throw wrong(`'${told(text)}' has no port from 1 to 65535`);
  return { name: nameIn(host === '' ? text : host), port };
}

function nameIn(text: string): string {
  if (NAME.test(text)) return text;
  throw wrong(`'${told(text)}' is no name that can be looked up`);
}

function serviceOf(name: string): string {
  return name.startsWith('_') ? name : SERVICE + name;
}

function told(text: string): string {
  return safeText(text, 100);
}

function wrong(message: string): GossipError {
  return new GossipError('GOSSIP_E_JOIN_FROM', message);
}
