// From readings, as the schema has them, to the numbers that are aggregated.

import { Metric, type Reading } from "./gen/fleet/v1/fleet.ts";

/** The numbers in a reading. None for a kind of reading that this version does not know. */
export function metricsOf({ value: reading }: Reading): [Metric, number][] {
  switch (reading?.$case) {
    case "cpu":
      return [[Metric.METRIC_CPU_BUSY_PERCENT, reading.value.busyPercent]];
    case "memory":
      return [[Metric.METRIC_MEMORY_USED_PERCENT, usedPercent(reading.value)]];
    case "load":
      return [[Metric.METRIC_LOAD_ONE_MINUTE, reading.value.one]];
    case "disk":
      return [[Metric.METRIC_DISK_USED_PERCENT, usedPercent(reading.value)]];
    case "network":
      return [
        [Metric.METRIC_NETWORK_RECEIVED_BYTES_PER_SECOND, reading.value.receivedBytesPerSecond],
        [Metric.METRIC_NETWORK_SENT_BYTES_PER_SECOND, reading.value.sentBytesPerSecond],
      ];
    case "process":
      return [
        [Metric.METRIC_PROCESS_CPU_PERCENT, reading.value.cpuPercent],
        [Metric.METRIC_PROCESS_RESIDENT_BYTES, Number(reading.value.residentBytes)],
      ];
    default:
      return [];
  }
}

function usedPercent({ availableBytes, totalBytes }: { availableBytes: bigint; totalBytes: bigint }): number {
  return totalBytes === 0n ? 0 : 100 * (1 - Number(availableBytes) / Number(totalBytes));
}
