/**
 * What the system says about this process, and about UDP and CPU of the whole machine (proc(5)). What a system does
 * not tell is 0. Must not know: queries, what the numbers are called elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';

export type ProcessReading = {
  readonly uptimeSeconds: number;
  /** CPU time of all threads, ms. */
  readonly userMs: number;
  readonly systemMs: number;
  readonly residentOctets: number;
  readonly openFiles: number;
  /** CPU time of the machine that was spent waiting for disks, or taken by its host; hundredths of a second. */
  readonly cpuWaiting: number;
  readonly cpuStolen: number;
  /** Datagrams of the whole machine, by the kernel's names: `InErrors`, `NoPorts` … */
  readonly udp4: ReadonlyMap<string, number>;
  readonly udp6: ReadonlyMap<string, number>;
};

export function readProcess(): ProcessReading {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpu = readLines('/proc/stat')[0]?.trim().split(/ +/) ?? [];
  return {
    uptimeSeconds: Math.floor(process.uptime()),
    userMs: Math.round(userCPUTime / 1000),
    systemMs: Math.round(systemCPUTime / 1000),
    residentOctets: process.memoryUsage.rss(),
    openFiles: countOpenFiles(),
    cpuWaiting: Number(cpu[5] ?? 0),
    cpuStolen: Number(cpu[8] ?? 0),
    udp4: udp4Counters(readLines('/proc/net/snmp')),
    udp6: udp6Counters(readLines('/proc/net/snmp6')),
  };
}

/** A line of names and a line of numbers, both behind `Udp:`. */
function udp4Counters(lines: readonly string[]): Map<string, number> {
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' ').slice(1));
  return new Map(names.map((name, i) => [name, Number(values[i] ?? 0)]));
}

/** A line for each, such as `Udp6InErrors 0`. */
function udp6Counters(lines: readonly string[]): Map<string, number> {
  return new Map(
    lines
      .filter((line) => line.startsWith('Udp6'))
      .map((line) => {
        const [name = '', value = '0'] = line.trim().split(/\s+/);
        return [name.slice('Udp6'.length), Number(value)];
      }),
  );
}

/** No file, no lines: other systems have no proc(5), and a container may hide parts of it. */
function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n');
  } catch {
    return [];
  }
}

function countOpenFiles(): number {
  try {
    // One of them is the directory itself.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return 0;
  }
}
