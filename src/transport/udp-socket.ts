/**
 * Opens UDP sockets that share one address and port (SO_REUSEPORT), one for each worker; the kernel spreads clients
 * over them. Nobody else can be sharing the port at that time. Must not know: who reads them.
 */
import { isIPv6 } from 'node:net';
import { UDP_BUFFER_OCTETS, UDP_WAIT_MS } from '../base/limits.js';
import type { BatchSocket } from './mmsg.js';
import type { Endpoint } from './query-handler.js';
import {
  type Family,
  IP_MTU_DISCOVER,
  IP_PKTINFO,
  IPV6_MTU_DISCOVER,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDTIMEO,
  type SystemCalls,
} from './system-calls.js';

/** IP_PMTUDISC_OMIT: forged "fragmentation needed" messages have no effect; we keep replies small ourselves. */
const IGNORE_PATH_MTU = 5;

export type SharedSockets = {
  readonly endpoint: Endpoint;
  readonly sockets: readonly BatchSocket[];
};

/** Opens `count` sockets, or none: throws the system's error then. */
export function openSockets(calls: SystemCalls, where: Endpoint, count: number): SharedSockets {
  const family: Family = isIPv6(where.address) ? 6 : 4;
  const addressOctets = calls.socketName(family, where.address, 0).subarray(4);
  const withDestination = addressOctets.every((octet) => octet === 0);
  const sockets: BatchSocket[] = [];
  let { port } = where;
  try {
    for (let i = 0; i < count; i++) {
      const fd = calls.openSocket(family);
      sockets.push({ fd, family, withDestination });
      setOptions(calls, fd, family, withDestination);
      // The first one binds without leave to share, so that it fails if anyone else has the port.
      if (i > 0) calls.setNumber(fd, SO_REUSEPORT, 1);
      calls.bind(fd, calls.socketName(family, where.address, port));
      if (i === 0) {
        calls.setNumber(fd, SO_REUSEPORT, 1);
        port = calls.portOf(fd);
      }
    }
  } catch (error) {
    closeSockets(calls, sockets);
    throw error;
  }
  return { endpoint: { address: where.address, port }, sockets };
}

export function closeSockets(calls: SystemCalls, sockets: readonly BatchSocket[]): void {
  for (const { fd } of sockets) calls.close(fd);
}

function setOptions(
  calls: SystemCalls,
  fd: number,
  family: Family,
  withDestination: boolean,
): void {
  calls.setNumber(fd, SO_RCVBUF, UDP_BUFFER_OCTETS);
  calls.setNumber(fd, SO_SNDBUF, UDP_BUFFER_OCTETS);
  // A thread in a system call cannot be stopped: it must come back by itself.
  calls.setMilliseconds(fd, SO_RCVTIMEO, UDP_WAIT_MS);
  calls.setMilliseconds(fd, SO_SNDTIMEO, UDP_WAIT_MS);
  if (family === 6) calls.setNumber(fd, IPV6_V6ONLY, 1);
  calls.setNumber(fd, family === 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, IGNORE_PATH_MTU);
  if (withDestination) calls.setNumber(fd, family === 4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
}
