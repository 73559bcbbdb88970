/** How a deployment comes to a node, and how its records are read there: by operators' commands. */
import * as v from 'valibot';
import type { Envelope } from '../model/deployment.ts';
import type { Manifest } from '../model/manifest.ts';
import { isContentHash } from '../model/names.ts';
import type { ContentHash } from '../model/names.ts';
import { canonicalBytes } from '../trust/canonical.ts';
import { parseBody } from './body.ts';
import { MAX_ANNOUNCEMENT_BYTES, ROUTES } from './routes.ts';

/** Among whose numbers a new one must be the highest: those of all modules, or, for a file that was signed earlier, those of its own module. */
export type NumberScope = 'cluster' | 'module';
/** Nodes of before do not know it, and ask for the highest of all. */
const NUMBERS_HEADER = 'gossip-numbers';

export function scopeHeaders(scope: NumberScope): Readonly<Record<string, string>> {
  return { [NUMBERS_HEADER]: scope };
}

export function scopeOf(headers: ReadonlyMap<string, string>): NumberScope {
  return headers.get(NUMBERS_HEADER) === 'module' ? 'module' : 'cluster';
}

/** Open: fields that a newer operator's program adds are ignored; what counts is in the signed envelope. */
const announcementSchema = v.object({ envelope: v.unknown(), manifest: v.nullable(v.unknown()) });

export function encodeAnnouncement(envelope: Envelope, manifest: Manifest | null): Uint8Array {
  return canonicalBytes({ envelope, manifest });
}

/** Nothing of it is verified yet. */
export function parseAnnouncement(body: Uint8Array): v.InferOutput<typeof announcementSchema> {
  return parseBody(announcementSchema, body, 'announcement of a deployment', { maxBytes: MAX_ANNOUNCEMENT_BYTES, maxDepth: 24 });
}

/** What a node answers to an announcement. */
export type Announced =
  | { readonly outcome: 'applied' | 'known' }
  /** `partial`: how many bytes of large blobs are there already, of an upload that broke off. Commands of before pass over it. */
  | { readonly missing: readonly ContentHash[]; readonly partial?: Readonly<Partial<Record<ContentHash, number>>> };

const contentHash = v.custom<ContentHash>((input) => typeof input === 'string' && isContentHash(input));
const announcedSchema = v.union([
  v.object({ outcome: v.picklist(['applied', 'known']) }),
  v.object({
    missing: v.array(contentHash),
    // Of another form it says nothing: then everything is sent.
    partial: v.exactOptional(v.fallback(v.record(contentHash, v.number()), {})),
  }),
]);

export function parseAnnounced(body: Uint8Array): Announced {
  return parseBody(announcedSchema, body, 'outcome of a deployment', { maxBytes: ROUTES.deployment.maxAnswerBytes, maxDepth: 4 });
}

/** As many values as the smallest records of that length hold. */
const CONFIGURATION_LIMITS = { maxBytes: ROUTES.configuration.maxAnswerBytes, maxDepth: 64, maxValues: 2 ** 21 };

/** Open for the rest of what a node tells: its root, and the records' hashes. */
const stepsSchema = v.object({ steps: v.optional(v.array(v.unknown()), []) });
const recordsSchema = v.object({ records: v.array(v.nullable(v.object({ envelope: v.unknown() }))) });

/** The steps of the root, not yet verified; nodes of before have none. */
export function parseSteps(body: Uint8Array): readonly unknown[] {
  return parseBody(stepsSchema, body, 'configuration', CONFIGURATION_LIMITS).steps;
}

/** The envelopes of a node's records, not yet verified. */
export function parseRecords(body: Uint8Array): readonly unknown[] {
  return parseBody(recordsSchema, body, 'configuration', CONFIGURATION_LIMITS).records.map((record) => record?.envelope);
}
