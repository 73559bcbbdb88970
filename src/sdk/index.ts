/** What module authors import. */
export type { Body, Json, JsonObject, Shown } from './json.ts';
export { knownSettings } from './known-settings.ts';
export { ExchangeError, GossipModule, Refusal } from './module.ts';
export type { Caller, ExchangeOptions, ModuleClass, ModuleContext, Peer, PeersChange, StopReason, Timer } from './module.ts';
export {
  asBoolean,
  asBytes,
  asInteger,
  asJson,
  asList,
  asNumber,
  asObject,
  asText,
  asWord,
  BadInput,
  field,
  isObject,
  parseState,
} from './parse.ts';
export { UseError } from './uses.ts';
export type { UsedEvent, UsedHandlerOptions, UsedModule, UsedWatch, UsedWatchOptions, UseOptions, UseReason } from './uses.ts';
export { roundMs } from './round.ts';
export type { LineLevel } from './log-level.ts';
