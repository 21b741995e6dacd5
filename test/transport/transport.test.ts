/** The transports on Node's own sockets. */
import { startTcp } from '../../src/transport/tcp.js';
import { startUdp } from '../../src/transport/udp.js';
import { runDeferredTcpSuite } from '../suites/deferred-tcp-suite.js';
import { runTcpSuite, runUdpSuite } from '../suites/transport-suite.js';

runUdpSuite(startUdp);
runTcpSuite(startTcp);
runDeferredTcpSuite(startTcp);
