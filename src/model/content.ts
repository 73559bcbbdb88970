/** What an application asks of a module, and what that answers, as it travels: the core never looks into it. */
import { NOT_JSON } from '../sdk/content.ts';
import type { Said } from '../sdk/content.ts';
import { Refusal } from '../sdk/module.ts';

export interface Content {
  readonly form: 'json' | 'bytes';
  /** Of JSON the UTF-8. */
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
// `ignoreBOM` keeps a byte order mark in the text, where the JSON parser refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function contentOf(said: Said): Content {
  return typeof said === 'string' ? { form: 'json', bytes: encoder.encode(said) } : { form: 'bytes', bytes: said };
}

/** Refuses what says that it is JSON and is no UTF-8. */
export function saidIn({ form, bytes }: Content): Said {
  if (form === 'bytes') return bytes;
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal(NOT_JSON, 'the request is not JSON: it is not UTF-8');
  }
}
