/** The names of what is under way at the border of the protocol. */
import type { Kind } from '../model/brand.ts';

/** Names what the protocol itself began: a send, a fetch, a delivery or a timer. Never used twice in one run; a late or unknown one is ignored. */
export type Token = Kind<number, 'Token'>;
/** Names a call that was brought to the protocol: a peer's request, an operator's injection, a module's exchange. Made by the engine, never twice in one run. */
export type CallToken = Kind<number, 'CallToken'>;
/** Counts the instances of one module on one node since the core started. */
export type Generation = number;
