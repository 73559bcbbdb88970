/** How a peer is written: the id of its key, and where it listens. */
const PEER_ID = /^[0-9a-f]{64}$/;
/** A literal IP address, IPv6 in brackets, and a port. Octets up to 255, leading zeros allowed; the port's range is counted. */
const ADDRESS = /^(?:(?:[01]?\d\d?|2[0-4]\d|25[0-5])(?:\.(?:[01]?\d\d?|2[0-4]\d|25[0-5])){3}|\[[0-9a-f:.]{2,45}\]):(\d{1,5})$/;

/** Longest name that a module may call a peer by, in characters. */
export const MAX_PEER_NAME = 64;

export function isPeerId(text: unknown): text is string {
  return typeof text === 'string' && PEER_ID.test(text);
}

export function isPeerAddress(text: unknown): text is string {
  const port = typeof text === 'string' ? Number(ADDRESS.exec(text)?.[1]) : 0;
  return port > 0 && port <= 65_535;
}
