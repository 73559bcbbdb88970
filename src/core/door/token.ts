/** The token of whoever comes in by TCP, where no permission of a file guards the door: who can read it, may. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from '../../api/refusal.ts';
import { writeFileDurably } from '../store/files/writer.ts';

const TOKEN_BYTES = 32;
const FORM = /^[A-Za-z0-9_-]{43}$/;

/** The token in a file; one is made where there is none, or nothing that could be one. It stays the same over restarts. */
export async function doorToken(path: string): Promise<string> {
  const kept = await readFile(path, 'latin1').then(
    (text) => text.trim(),
    () => '',
  );
  if (FORM.test(kept)) return kept;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await writeFileDurably(path, Buffer.from(`${token}\n`), { mode: 0o600 });
  return token;
}

/** A web page in a browser on this machine can call the port, too: it cannot know the token. */
export function checkToken({ headers }: IncomingMessage, token: string): void {
  const shown = Buffer.from(/^bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  if (shown.length === wanted.length && timingSafeEqual(shown, wanted)) return;
  throw new HttpRefusal(
    401,
    'GOSSIP_E_NOT_ADMITTED',
    'over TCP every request needs the header authorization: Bearer, and the token of app.token',
  );
}
