/**
 * Settings of PowerDNS that have no effect here, so that its files can be read as they are: each is a warning that
 * says why. The names are those of releases 4.1 to 5.0. Must not know: the settings that count.
 */

const CACHE = 'answers come from memory, nothing is cached';
const PROCESS = 'the service manager does that';
const THREADS = 'threads never wait for a source of zones';
const LOG = 'the log goes to standard error only';
const MODULES = 'there are no modules to load';
const HTTP = 'there is no web server';
const CARBON = 'no metrics are sent';
const TRANSFER = 'transfers are not governed by it here';
const ADDED = 'zones that autoprimaries add are kept in state-dir';
const UPDATE = 'zones change by their files only';
const DNSSEC = 'keys are files, see key-directory';
const LUA = 'there is no Lua';
const RESOLVE = 'no other server is asked';
const ANSWER = 'answers follow the RFCs without it';
const ANY = 'the setting any says how';
const DEFAULTS = 'the zone file has to say it';
const TCP = 'connections over TCP have fixed bounds';
const PROXY = 'the proxy protocol is not spoken';
const RANDOM = "randomness is the system's";
const ADDRESS = 'an address that is missing is an error';
const IPV6 = 'local-address takes IPv6 addresses, too';

/** Why, by name. */
export const PDNS_SETTINGS_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'cache-ttl': CACHE,
  'negquery-cache-ttl': CACHE,
  'query-cache-ttl': CACHE,
  'recursive-cache-ttl': CACHE,
  'max-cache-entries': CACHE,
  'max-packet-cache-entries': CACHE,
  'max-signature-cache-entries': CACHE,
  'dnssec-key-cache-ttl': CACHE,
  'domain-metadata-cache-ttl': CACHE,
  'zone-metadata-cache-ttl': CACHE,
  'zone-cache-refresh-interval': CACHE,
  daemon: PROCESS,
  guardian: PROCESS,
  setuid: PROCESS,
  setgid: PROCESS,
  chroot: PROCESS,
  'traceback-handler': PROCESS,
  'no-config': PROCESS,
  'control-console': PROCESS,
  config: PROCESS,
  'distributor-threads': THREADS,
  'signing-threads': THREADS,
  'retrieval-threads': THREADS,
  'queue-limit': THREADS,
  'max-queue-length': THREADS,
  'overload-queue-length': THREADS,
  reuseport: THREADS,
  'disable-syslog': LOG,
  'logging-facility': LOG,
  'log-timestamp': LOG,
  'log-dns-details': LOG,
  'log-dns-queries': LOG,
  'loglevel-show': LOG,
  'structured-logging': LOG,
  'load-modules': MODULES,
  'module-dir': MODULES,
  webserver: HTTP,
  'webserver-address': HTTP,
  'webserver-allow-from': HTTP,
  'webserver-connection-timeout': HTTP,
  'webserver-hash-plaintext-credentials': HTTP,
  'webserver-loglevel': HTTP,
  'webserver-max-bodysize': HTTP,
  'webserver-password': HTTP,
  'webserver-port': HTTP,
  'webserver-print-arguments': HTTP,
  api: HTTP,
  'api-key': HTTP,
  'api-readonly': HTTP,
  'default-api-rectify': HTTP,
  'carbon-instance': CARBON,
  'carbon-interval': CARBON,
  'carbon-namespace': CARBON,
  'carbon-ourname': CARBON,
  'carbon-server': CARBON,
  'allow-unsigned-notify': TRANSFER,
  'axfr-fetch-timeout': TRANSFER,
  'axfr-lower-serial': TRANSFER,
  'delay-notifications': TRANSFER,
  'disable-axfr-rectify': TRANSFER,
  'forward-notify': TRANSFER,
  master: TRANSFER,
  'max-ent-entries': TRANSFER,
  'outgoing-axfr-expand-alias': TRANSFER,
  'prevent-self-notification': TRANSFER,
  primary: TRANSFER,
  secondary: TRANSFER,
  'secondary-check-signature-freshness': TRANSFER,
  'secondary-do-renotify': TRANSFER,
  'send-signed-notify': TRANSFER,
  slave: TRANSFER,
  'slave-cycle-interval': TRANSFER,
  'slave-renotify': TRANSFER,
  'trusted-notification-proxy': TRANSFER,
  'xfr-cycle-interval': TRANSFER,
  'default-catalog-zone': TRANSFER,
  'lua-axfr-script': TRANSFER,
  'bind-autoprimary-config': ADDED,
  'bind-supermaster-config': ADDED,
  'allow-dnsupdate-from': UPDATE,
  dnsupdate: UPDATE,
  'dnsupdate-require-tsig': UPDATE,
  'forward-dnsupdate': UPDATE,
  'lua-dnsupdate-policy-script': UPDATE,
  'enable-gss-tsig': UPDATE,
  'default-ksk-algorithm': DNSSEC,
  'default-ksk-algorithms': DNSSEC,
  'default-ksk-size': DNSSEC,
  'default-zsk-algorithm': DNSSEC,
  'default-zsk-algorithms': DNSSEC,
  'default-zsk-size': DNSSEC,
  'default-publish-cdnskey': DNSSEC,
  'default-publish-cds': DNSSEC,
  'default-soa-edit': DNSSEC,
  'default-soa-edit-signed': DNSSEC,
  'direct-dnskey': DNSSEC,
  'bind-dnssec-db': DNSSEC,
  'bind-dnssec-db-journal-mode': DNSSEC,
  'bind-hybrid': DNSSEC,
  'workaround-11804': DNSSEC,
  'enable-lua-records': LUA,
  'lua-consistent-hashes-cleanup-interval': LUA,
  'lua-consistent-hashes-expire-delay': LUA,
  'lua-global-include-dir': LUA,
  'lua-health-checks-expire-delay': LUA,
  'lua-health-checks-interval': LUA,
  'lua-health-checks-max-concurrency': LUA,
  'lua-prequery-script': LUA,
  'lua-records-exec-limit': LUA,
  'lua-records-insert-whitespace': LUA,
  'allow-recursion': RESOLVE,
  recursor: RESOLVE,
  resolver: RESOLVE,
  'query-local-address': RESOLVE,
  'query-local-address6': RESOLVE,
  'dnsproxy-udp-port-range': RESOLVE,
  'expand-alias': RESOLVE,
  'security-poll-suffix': RESOLVE,
  '8bit-dns': ANSWER,
  'dname-processing': ANSWER,
  'do-ipv6-additional-processing': ANSWER,
  'edns-cookie-secret': ANSWER,
  'out-of-zone-additional-processing': ANSWER,
  'resolve-across-zones': ANSWER,
  'svc-autohints': ANSWER,
  'upgrade-unknown-types': ANSWER,
  'consistent-backends': ANSWER,
  views: ANSWER,
  'any-to-tcp': ANY,
  'default-ttl': DEFAULTS,
  'default-soa-content': DEFAULTS,
  'default-soa-mail': DEFAULTS,
  'default-soa-name': DEFAULTS,
  'soa-expire-default': DEFAULTS,
  'soa-minimum-ttl': DEFAULTS,
  'soa-refresh-default': DEFAULTS,
  'soa-retry-default': DEFAULTS,
  'max-tcp-connection-duration': TCP,
  'max-tcp-connections': TCP,
  'max-tcp-connections-per-client': TCP,
  'max-tcp-transactions-per-conn': TCP,
  'tcp-fast-open': TCP,
  'tcp-idle-timeout': TCP,
  'disable-tcp': TCP,
  'proxy-protocol-from': PROXY,
  'proxy-protocol-maximum-size': PROXY,
  'entropy-source': RANDOM,
  rng: RANDOM,
  'local-address-nonexist-fail': ADDRESS,
  'local-ipv6-nonexist-fail': ADDRESS,
  'non-local-bind': ADDRESS,
  'local-ipv6': IPV6,
};

/** Of sources of zones that are not served here; the names of their settings start so. */
const FOREIGN_SOURCES: readonly string[] = [
  'geo-',
  'geoip-',
  'gmysql-',
  'godbc-',
  'gpgsql-',
  'gsqlite3-',
  'ldap-',
  'lmdb-',
  'lua2-',
  'pipe-',
  'random-',
  'remote-',
];

/** Why a setting of PowerDNS has no effect here; `null` if it is none of those. */
export function reasonWithoutEffect(name: string): string | null {
  if (Object.hasOwn(PDNS_SETTINGS_WITHOUT_EFFECT, name)) {
    return PDNS_SETTINGS_WITHOUT_EFFECT[name] ?? null;
  }
  const source = FOREIGN_SOURCES.find((prefix) => name.startsWith(prefix));
  return source === undefined
    ? null
    : `this version cannot serve the source ${source.slice(0, -1)}`;
}
