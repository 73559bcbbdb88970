/**
 * Takes out of a report whatever may be a secret, before it is written anywhere: by its form, wherever it stands in a text, and by the name of its field.
 * In doubt it goes: a report that tells too little can be asked about, one that tells a password cannot be taken back.
 */

export const REMOVED = '(removed)';

/** Secrets that are known by their form. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]{1,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,40}-----|$)/g, REMOVED],
  [/gossip-join-[A-Za-z0-9._-]*/g, `gossip-join-${REMOVED}`],
  [/\b(authorization|proxy-authorization|cookie|set-cookie)(["']?\s*[:=]\s*).*/gi, `$1$2${REMOVED}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9+/._~=-]{8,}/gi, `$1 ${REMOVED}`],
  // Of a URL: who is named stays, what proves it goes.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${REMOVED}@`],
  [
    /\b([\w-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[-_]?key|private[-_]?key)[\w-]*)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&}]+)/gi,
    `$1$2${REMOVED}`,
  ],
  // A key of 32 bytes in base64url, as of app.token; ids and hashes are of hexadecimal digits, and stay.
  [/(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[G-Zg-z_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g, REMOVED],
];
const SECRET_FIELD = /passw|passphrase|secret|token|credential|api.?key|private.?key|authorization|cookie/i;
/** What operators set a module to is theirs: only the names stay. */
const SETTINGS_FIELD = /^settings$/i;

/** A line or more of anybody's words. */
export function redactText(text: string): string {
  return FORMS.reduce((left, [form, instead]) => left.replace(form, instead), text);
}

/** A copy of JSON without its secrets. Values of settings are told by their kind alone. */
export function redacted(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return SECRET_FIELD.test(field) ? REMOVED : redactText(value);
  if (Array.isArray(value)) return value.map((each: unknown) => redacted(each, field));
  if (typeof value !== 'object' || value === null) return SECRET_FIELD.test(field) && typeof value === 'number' ? REMOVED : value;
  const entries = Object.entries(value);
  if (SETTINGS_FIELD.test(field)) return Object.fromEntries(entries.map(([key, each]) => [redactText(key), `${REMOVED}: ${kindOf(each)}`]));
  // Whatever lies in a secret is one.
  const under = (key: string): string => (SECRET_FIELD.test(field) ? field : key);
  return Object.fromEntries(entries.map(([key, each]) => [redactText(key), redacted(each, under(key))]));
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}
