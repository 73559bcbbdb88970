/** The reference of error codes, as docs/errors.md of the package has it: the one text for people, for the terminal and for the web. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '../../model/errors.ts';
import type { ErrorCode } from '../../model/errors.ts';
import { GossipError } from '../../model/errors.ts';
import { MAX_TOLD, safeText } from '../../model/safe-text.ts';
import { nearest } from '../../sdk/nearest.ts';

/** What is known of one code. */
export interface ErrorEntry {
  readonly code: ErrorCode;
  /** Exit code of a command that ends with it. */
  readonly exit: number;
  /** Heading under which it stands, such as `Trust`. */
  readonly topic: string;
  readonly means: string;
  readonly cause: string;
  readonly do: string;
}

/** The folder is the same seen from sources and from the build. */
const REFERENCE = fileURLToPath(new URL('../../../docs/errors.md', import.meta.url));
const PREFIX = 'GOSSIP_E_';

/** Every code, in the order of the document. */
export async function errorReference(path = REFERENCE): Promise<readonly ErrorEntry[]> {
  return parseReference(await readFile(path, 'utf8'));
}

export function parseReference(markdown: string): readonly ErrorEntry[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const [topic = '', ...entries] = section.split(/^(?:### )/m);
    return entries.map((entry) => parseEntry(entry, topic.trim()));
  });
}

/**
 * The entry that a person means, who may have typed less than the whole code: `unreachable` is `GOSSIP_E_UNREACHABLE`.
 * @throws GOSSIP_E_USAGE where there is none, with the nearest
 */
export function findEntry(typed: string, reference: readonly ErrorEntry[]): ErrorEntry {
  const bare = typed.trim().toUpperCase().replaceAll('-', '_');
  const wanted = bare.startsWith(PREFIX) ? bare : `${PREFIX}${bare}`;
  const found = reference.find(({ code }) => code === wanted);
  if (found !== undefined) return found;
  const near = wanted.length > 64 ? undefined : nearest(wanted, Object.keys(ERRORS));
  throw new GossipError('GOSSIP_E_USAGE', `there is no error code '${safeText(typed, MAX_TOLD)}'`, {
    advice: near === undefined ? "List them with 'gossip explain'." : `Did you mean ${near}?`,
  });
}

function parseEntry(entry: string, topic: string): ErrorEntry {
  const [heading = '', ...lines] = entry.split('\n');
  const [, code = '', exit] = /^(GOSSIP_E_\w+) \(exit (\d+)\)$/.exec(heading) ?? [];
  const of = (label: string): string => plain(lines.find((line) => line.startsWith(`- ${label}: `))?.slice(label.length + 4) ?? '');
  return { code: code as ErrorCode, exit: Number(exit), topic, means: of('Means'), cause: of('Cause'), do: of('Do') };
}

/** Without what only a web page can follow: `[the guide](operators.md#x)` is `the guide (docs/operators.md)`. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(([\w-]+\.md)(?:#[\w-]+)?\)/g, '$1 (docs/$2)');
}
