/**
 * The core's own process, under the names that all client libraries use. Only what the process knows without asking the disk, and without a timer of its own:
 * prom-client's own collection would wake the node a hundred times a second to see how late it is, which `gossip_loop_lag_seconds` tells once a second.
 */
import { single } from '../family.ts';
import type { Family } from '../family.ts';

const MICROSECONDS = 1e6;

export const PROCESS_FAMILIES: readonly Family[] = [
  single('counter', 'process_cpu_seconds_total', "Processor time of the core's process, without those of its modules", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROSECONDS;
  }),
  single('gauge', 'process_resident_memory_bytes', "Memory of the core's process", () => process.memoryUsage.rss()),
  single('gauge', 'process_start_time_seconds', "Start of the core's process since 1970", () => performance.timeOrigin / 1_000),
  single('gauge', 'nodejs_heap_size_total_bytes', 'Heap that V8 has reserved', () => process.memoryUsage().heapTotal),
  single('gauge', 'nodejs_heap_size_used_bytes', 'Heap that V8 uses', () => process.memoryUsage().heapUsed),
  single('gauge', 'nodejs_external_memory_bytes', 'Memory outside the heap that objects in it hold', () => process.memoryUsage().external),
];
