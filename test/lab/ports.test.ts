/** Ports for the nodes of a lab: free, each another, and none that a system gives away by itself. */
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../src/lab/ports.ts';

async function listen(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
}

test('they are free, each is another, and all lie below those that the system gives to whoever wants any', async () => {
  const ports = await freePorts(50);
  expect(new Set(ports).size).toBe(50);
  // Linux gives ports from 32,768 on, others from 49,152.
  expect(ports.filter((port) => port < 20_000 || port >= 32_768)).toEqual([]);
  for (const port of ports) await listen(port);
});
