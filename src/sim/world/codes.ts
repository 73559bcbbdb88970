/** The codes that simulated deployments name: each hash stands for a module class, sound or with a flaw. */
import type { CodeReference } from '../../model/deployment.ts';
import type { ContentHash } from '../../model/names.ts';
import Aggregate from '../../modules/aggregate/index.ts';
import Membership from '../../modules/membership/index.ts';
import Registry from '../../modules/registry/index.ts';
import type { ModuleClass } from '../../sdk/index.ts';
import { hashBytes, manifestHash } from '../../trust/manifest.ts';

/** `crashes` and `hangs`: soon after every start. */
export type Flaw = 'cannot-start' | 'cannot-accept' | 'crashes' | 'hangs';

export interface Code {
  readonly reference: CodeReference;
  readonly Module: ModuleClass;
  readonly flaw: Flaw | null;
}

const SHIPPED = { aggregate: Aggregate, membership: Membership, registry: Registry } as const;
export type Shipped = keyof typeof SHIPPED;

const library = new Map<ContentHash, Code>();

/** A version of a shipped module. */
export function shippedCode(module: Shipped, version: string, flaw: Flaw | null = null, bytes?: number): Code {
  return makeCode(SHIPPED[module], `${module} ${version} ${flaw ?? 'sound'}`, version, flaw, bytes);
}

/** The code that runs `Module`; `text` stands for its bytes, of which there may be more. */
export function makeCode(Module: ModuleClass, text: string, version: string, flaw: Flaw | null = null, bytes = text.length): Code {
  const files = [{ path: 'index.mjs', size: bytes, sha256: hashBytes(new TextEncoder().encode(text)) }];
  const hash = manifestHash({ type: 'gossip/manifest/1', files });
  const code = { reference: { hash, bytes, files: 1, version }, Module, flaw };
  library.set(hash, code);
  return code;
}

export function codeOf(hash: ContentHash): Code | undefined {
  return library.get(hash);
}
