/** A link in front of a node that is slow, and stalls when a test wants it to. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { splitAddress } from '../../src/model/address.ts';
import type { Address } from '../../src/model/names.ts';

const EVERY_MS = 20;

/** Passes so many bytes each 20 ms in each direction of a connection, while `passes` says so; `onCarried` counts those up. Ends with the test. */
export async function slowLink(
  to: Address,
  bytesPerTick: number,
  passes: (way: 'up' | 'down') => boolean = () => true,
  onCarried: (bytes: number) => void = () => undefined,
): Promise<Address> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const node = connect({ ...splitAddress(to), allowHalfOpen: true });
    for (const [from, into, way] of [
      [caller, node, 'up'],
      [node, caller, 'down'],
    ] as const) {
      sockets.add(from.on('error', () => into.destroy()).on('close', () => into.destroy()));
      from.pause();
      const timer = setInterval(() => {
        const bytes = passes(way) ? (from.read(Math.min(bytesPerTick, from.readableLength)) as Buffer | null) : null;
        if (bytes === null) return;
        into.write(bytes);
        if (way === 'up') onCarried(bytes.length);
      }, EVERY_MS);
      from.once('close', () => clearInterval(timer)).on('readable', () => undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}` as Address;
}
