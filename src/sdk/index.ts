/** What module authors import. */
export type { Json, JsonObject } from './json.ts';
export { knownSettings } from './known-settings.ts';
export { ExchangeError, GossipModule, Refusal } from './module.ts';
export type { Caller, ModuleClass, ModuleContext, Peer, StopReason, Timer } from './module.ts';
export {
  asBoolean,
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
export { roundMs } from './round.ts';
export type { LineLevel } from './log-level.ts';
