/** Where a node tells its metrics: at an address of its own, or in a file that node_exporter picks up. */
import { resolve } from 'node:path';
import { GossipError } from '../../model/errors.ts';
import type { HostAndPort } from '../../model/address.ts';
import { parseListen } from '../transport/server/listen.ts';

export type MetricsWish = { readonly listen: HostAndPort } | { readonly file: string };

/** node_exporter's textfile collector reads files of this ending alone. */
const FILE_ENDING = '.prom';

/** `127.0.0.1:9464`, port 0 being any free one, or a path that ends with `.prom`. */
export function parseMetricsWish(text: string): MetricsWish {
  if (text.endsWith(FILE_ENDING)) return { file: resolve(text) };
  try {
    return { listen: parseListen(text) };
  } catch (cause) {
    throw new GossipError(
      'GOSSIP_E_ADDRESS',
      `'${text}' is neither a literal IP address with a port nor a file whose name ends with .prom`,
      {
        advice: "Give an address, such as 127.0.0.1:9464, or a file in the directory of node_exporter's textfile collector.",
        cause,
      },
    );
  }
}
