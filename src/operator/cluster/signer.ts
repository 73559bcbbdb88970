/**
 * Keys behind a program: in hardware, in an agent, at a service. `PROGRAM public` prints the public key as PEM; `PROGRAM sign` reads the bytes to be signed
 * from standard input, to their end, and prints the Ed25519 signature over them: its 64 bytes, or those in base64. Its standard error is the operator's,
 * and so is the terminal, where it may ask for a PIN. It is started without a shell, and what it answers is verified before it is used.
 */
import { spawnSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { GossipError } from '../../model/errors.ts';
import { fromPublicPem, publicKeyObject } from '../../trust/keys.ts';
import type { PrivateKey, PublicKey } from '../../trust/keys.ts';

/** Time for a person to touch a token; nodes keep idle connections for longer (60 s), so that none is lost meanwhile. */
const ANSWER_MS = 50_000;
const MAX_ANSWER_BYTES = 16 * 1024;
const SIGNATURE_BYTES = 64;
const BASE64 = /^[A-Za-z0-9+/]{86}==\s*$/;

interface Limits {
  /** How long one answer may take; for tests. */
  readonly answerMs?: number;
}

/** The key behind `program`: a path, or a name that is looked for as every program's. Refuses with `GOSSIP_E_SIGNER`. */
export function openSigner(program: string, limits: Limits = {}): PrivateKey {
  const key = publicOf(program, limits);
  return { ...key, sign: (bytes) => signedBy(program, key, bytes, limits) };
}

function publicOf(program: string, limits: Limits): PublicKey {
  const pem = run(program, 'public', Buffer.alloc(0), limits).toString();
  try {
    return fromPublicPem(pem);
  } catch (cause) {
    throw refusal(program, "prints no Ed25519 public key in PEM for 'public'", cause);
  }
}

function signedBy(program: string, key: PublicKey, bytes: Uint8Array, limits: Limits): Uint8Array {
  const answer = run(program, 'sign', bytes, limits);
  const signature = signatureIn(answer);
  if (signature === null) throw refusal(program, `answers 'sign' with ${answer.length} bytes that are no signature`);
  if (verify(null, bytes, publicKeyObject(key.public), signature)) return signature;
  throw refusal(program, `signs with another key than the one that it shows (${key.keyid.slice(0, 12)}), or other bytes`);
}

function signatureIn(answer: Buffer): Buffer | null {
  if (answer.length === SIGNATURE_BYTES) return answer;
  const text = answer.toString('latin1');
  return BASE64.test(text) ? Buffer.from(text, 'base64') : null;
}

/** Waits without doing anything else: there is nothing to be done before a signature. */
function run(program: string, verb: 'public' | 'sign', input: Uint8Array, { answerMs = ANSWER_MS }: Limits): Buffer {
  const { error, status, signal, stdout } = spawnSync(program, [verb], {
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: answerMs,
    maxBuffer: MAX_ANSWER_BYTES,
    killSignal: 'SIGKILL',
    shell: false,
  });
  if (error !== undefined) throw refusal(program, whyNot(error, answerMs), error);
  if (status !== 0) throw refusal(program, `ended with ${signal ?? `exit code ${status}`} when it was asked for '${verb}'`);
  return stdout;
}

function whyNot(error: NodeJS.ErrnoException, answerMs: number): string {
  switch (error.code) {
    case 'ENOENT':
      return 'is not there: it is one program, by its path or its name, without arguments';
    case 'EACCES':
      return 'cannot be started: it is no program that you may execute';
    case 'ETIMEDOUT':
      return `did not answer within ${answerMs / 1_000} s`;
    case 'ENOBUFS':
      return `printed more than ${MAX_ANSWER_BYTES} bytes`;
    default:
      return `failed: ${error.message}`;
  }
}

function refusal(program: string, why: string, cause?: unknown): GossipError {
  return new GossipError('GOSSIP_E_SIGNER', `the signer ${program} ${why}`, { cause });
}
