/** Where the code of a deployment comes from: a directory of the operator, or a node that has it already. */
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModuleJson } from '../../core/hosting/module-directory.ts';
import { readCodeDirectory } from '../module/code-directory.ts';
import { checkSchemaForm } from '../module/schema-form.ts';
import { schemaOf } from '../module/settings-schema.ts';
import { checkWasmEntry } from '../module/wasm-entry.ts';
import { pointingToDist } from '../module/built-code.ts';
import { readRegularFile } from '../../core/store/files/regular-file.ts';
import { GossipError } from '../../model/errors.ts';
import type { CodeReference } from '../../model/deployment.ts';
import { MAX_CODE_BYTES } from '../../model/manifest.ts';
import type { Manifest } from '../../model/manifest.ts';
import { checkEntry } from '../../model/module-json.ts';
import type { ModuleJson } from '../../model/module-json.ts';
import { isModuleName } from '../../model/names.ts';
import type { ContentHash, ModuleName } from '../../model/names.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { hashBytes } from '../../trust/manifest.ts';
import type { NodeAddress, NodeApi } from '../client/client.ts';

/** Code that can be sent to a node. */
export interface CodeSource {
  readonly reference: CodeReference;
  /** The node that it is fetched from; undefined where it is on this machine. */
  readonly keptBy?: NodeAddress;
  manifest(): Promise<Manifest>;
  /** `onReceived` is told how much of it has come, where it is fetched. */
  blob(hash: ContentHash, onReceived?: (bytes: number) => void): Promise<Uint8Array>;
}

/** Code that lies in a directory, with its module.json. */
export interface DirectoryCode extends CodeSource {
  readonly directory: string;
  readonly moduleJson: ModuleJson;
  /** What its settings must fit; null where anything goes. */
  readonly settingsSchema: JsonObject | null;
}

/** Modules that come with the program; the folder is the same seen from sources and from the build. */
const SHIPPED = fileURLToPath(new URL('../../../dist/shipped/', import.meta.url));
const DEFAULT_DIRECTORY = 'dist';

/** Reads a directory of code and checks that its module.json agrees with the files. */
export async function readCode(directory: string): Promise<DirectoryCode> {
  const { manifest, hash, bytes, blobs, moduleJson } = await pointingToDist(directory, async () => {
    const code = await readCodeDirectory(directory);
    return { ...code, moduleJson: await moduleJsonOf(directory, code.manifest) };
  });
  const source: CodeSource = {
    reference: { hash, bytes, files: manifest.files.length, version: moduleJson.version },
    manifest: () => Promise.resolve(manifest),
    blob: (blob) => readBlob(blobs.get(blob), blob),
  };
  const settingsSchema = await schemaOf(source);
  if (settingsSchema !== null) checkSchemaForm(settingsSchema);
  return { ...source, directory, moduleJson, settingsSchema };
}

/** Whether it came with the program. */
export function isShipped({ directory }: DirectoryCode): boolean {
  return dirname(directory) === resolve(SHIPPED);
}

/** The directory that `deploy` means: the given one, or the shipped module of that name where there is none; or `./dist` if it holds the module, or else the shipped module. */
export async function locateCode(
  path: string | undefined,
  module: ModuleName | undefined,
  from = process.cwd(),
  shipped = SHIPPED,
): Promise<string> {
  if (path !== undefined) {
    const given = resolve(from, path);
    const own = isModuleName(path) ? join(shipped, path) : given;
    return !(await isDirectory(given)) && (await isDirectory(own)) ? own : given;
  }
  const built = join(from, DEFAULT_DIRECTORY);
  const name = await moduleNameIn(built);
  if (name !== undefined && (module === undefined || name === module)) return built;
  if (module !== undefined && (await isDirectory(join(shipped, module)))) return join(shipped, module);
  const wanted = module === undefined ? 'no module.json in ./dist' : `neither ./dist nor the program holds a module '${module}'`;
  const other =
    name === undefined || module === undefined
      ? {}
      : { advice: `To deploy '${name}' of ./dist as '${module}', give its directory, too: ./dist.` };
  throw new GossipError('GOSSIP_E_CODE_PATH', wanted, other);
}

/** Code that a node of the cluster keeps; every byte is checked against the signed hash. */
export function codeOnNode(reference: CodeReference, node: NodeAddress, api: NodeApi): CodeSource {
  return {
    reference,
    keptBy: node,
    manifest: () => api.manifest(node, reference.hash),
    blob: async (blob, onReceived) => {
      const bytes = await api.blob(node, reference.hash, blob, onReceived);
      if (hashBytes(bytes) === blob) return bytes;
      throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${node.name || node.address} sent other bytes than ${blob}`);
    },
  };
}

async function moduleJsonOf(directory: string, manifest: Manifest): Promise<ModuleJson> {
  if (!manifest.files.some(({ path }) => path === 'module.json')) {
    throw new GossipError('GOSSIP_E_MODULE_JSON', `there is no module.json in ${directory}`);
  }
  const moduleJson = await readModuleJson(directory);
  checkEntry(moduleJson, manifest);
  checkWasmEntry(directory, moduleJson);
  return moduleJson;
}

/** A file may change between hashing and sending; then nothing is sent. */
async function readBlob(path: string | Uint8Array | undefined, blob: ContentHash): Promise<Uint8Array> {
  if (path instanceof Uint8Array) return path;
  if (path === undefined) throw new GossipError('GOSSIP_E_NOT_FOUND', `${blob} is not part of the code`);
  const bytes = readRegularFile(path, { maxBytes: MAX_CODE_BYTES, code: 'GOSSIP_E_CODE_FILE' });
  if (hashBytes(bytes) === blob) return bytes;
  throw new GossipError('GOSSIP_E_CODE_MISMATCH', `${path} changed while it was being deployed`, {
    advice: 'Deploy again once the build is finished.',
  });
}

async function moduleNameIn(directory: string): Promise<string | undefined> {
  const isThere = await stat(join(directory, 'module.json')).then(
    () => true,
    () => false,
  );
  return isThere ? (await readModuleJson(directory)).name : undefined;
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
