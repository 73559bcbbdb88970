/** What sources of addresses may cost the node. */

/** Sources that one node may have. */
export const MAX_SOURCES = 8;
/** Addresses that are taken of one answer; which of more, chance decides. */
export const MAX_ADDRESSES = 64;
/** What is read of a file or of a program's output. */
export const MAX_SOURCE_BYTES = 64 * 1024;
/** How long a source may take for its answer. */
export const SOURCE_MS = 10_000;
/** Members that must be alive for a node to ask nobody; also how many are looked for in one asking. */
export const FEW_PEERS = 3;
/** Addresses that are called at the same time. */
export const CALLS_AT_ONCE = 4;
/** Lines that are told of one answer: those that are wrong, and addresses where nobody was met. */
export const MAX_SOURCE_LINES = 8;
