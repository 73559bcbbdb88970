/** Which bytes of a blob travel: from where a download resumes, and where an upload goes on. */
import { GossipError } from '../model/errors.ts';

/** Smaller blobs are sent anew sooner than they are asked about. */
export const RESUMABLE_BYTES = 256 * 1024;

/** Of an upload. */
export interface BlobRange {
  readonly from: number;
  /** The last byte. */
  readonly to: number;
  /** Of the whole blob. */
  readonly size: number;
}

const UPLOAD = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/;
const DOWNLOAD = /^bytes=(\d{1,15})-$/;

/** `bytes 100-199/200` */
export function contentRange({ from, to, size }: BlobRange): string {
  return `bytes ${from}-${to}/${size}`;
}

/** undefined: it is a whole blob. */
export function parseContentRange(headers: ReadonlyMap<string, string>): BlobRange | undefined {
  const header = headers.get('content-range');
  if (header === undefined) return undefined;
  const [from, to, size] = (UPLOAD.exec(header)?.slice(1) ?? []).map(Number);
  if (from === undefined || to === undefined || size === undefined) {
    throw new GossipError('GOSSIP_E_REQUEST', 'only ranges of the form bytes N-M/SIZE are taken');
  }
  if (Number(headers.get('content-length')) !== to - from + 1) {
    throw new GossipError('GOSSIP_E_REQUEST', `bytes ${from}-${to} are not as many as the request announces`);
  }
  return { from, to, size };
}

/** `bytes=100-`: all that resuming needs. */
export function range(from: number): string {
  return `bytes=${from}-`;
}

export function parseRange(header: string | undefined): number {
  if (header === undefined) return 0;
  const from = DOWNLOAD.exec(header)?.[1];
  if (from === undefined) throw new GossipError('GOSSIP_E_REQUEST', 'only ranges of the form bytes=N- are served');
  return Number(from);
}
