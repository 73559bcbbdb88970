/** What the friendly forms for the registry share. */
import { Args, Flags } from '@oclif/core';
import { GossipError } from '../../model/errors.ts';
import { safeJson } from '../../model/safe-text.ts';
import { parseModuleName } from '../../model/names.ts';
import type { ModuleName } from '../../model/names.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { doorFlags } from './door-flags.ts';
import type { DoorFlags } from './door-flags.ts';
import { durationFlag, moduleFlag } from './flags.ts';
import { ModuleCommand } from './module-command.ts';

export const keyArg = Args.string({ description: 'The key.', required: true });
export const prefixArg = Args.string({ description: 'Only keys that begin so.' });

/** Where the registry is. */
export const registryFlags = {
  ...doorFlags,
  module: moduleFlag({ summary: 'Name of the registry; by default registry.' }),
};

/** Of those that ask. */
export const askingFlags = {
  ...registryFlags,
  timeout: durationFlag({
    summary: 'How long to wait for the answer, the finding of the node included; by default 30s.',
    env: 'GOSSIP_CALL_TIMEOUT',
  }),
};

export const ifVersionFlag = Flags.string({
  summary: 'Refuse (conflict) unless the key has this version, as get prints it with --json, or none: then it must not exist.',
  helpValue: 'VERSION|none',
});

const REGISTRY = parseModuleName('registry');

export abstract class RegistryCommand extends ModuleCommand {
  protected registry({ module }: { readonly module: ModuleName | undefined }): ModuleName {
    return module ?? REGISTRY;
  }

  /** What the registry answers, which is an object. */
  protected async askRegistry(
    flags: DoorFlags & { readonly timeout: number | undefined; readonly module: ModuleName | undefined },
    request: JsonObject,
  ): Promise<JsonObject> {
    const module = this.registry(flags);
    const answer = await this.ask(flags, module, request);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer) && !(answer instanceof Uint8Array))
      return answer as JsonObject;
    throw new GossipError('GOSSIP_E_MODULE_ANSWER', `${module} does not answer as a registry does`);
  }
}

/** A string as it is, anything else as JSON in one line. */
export function valueText(value: Json | undefined): string {
  return typeof value === 'string' ? value : safeJson(value ?? null);
}

/** The field of a request, where the flag was given. */
export function ifVersionField(version: string | undefined): JsonObject {
  if (version === undefined) return {};
  return { ifVersion: version === 'none' ? null : version };
}
