/**
 * What settings and a named.conf mean to the server. A setting that was given wins over named.conf, which wins over the
 * default. Must not know: where settings come from, how anything is done.
 */

import { hostname } from 'node:os';
import { join } from 'node:path';
import { ServerError } from '../base/errors.js';
import { UDP_OCTETS_PLAIN, UDP_SLOT_OCTETS } from '../base/limits.js';
import type { Given, NamedConf, NamedOptions } from '../config/named-types.js';
import type { SettingName } from '../config/options.js';
import type { Settings } from '../config/settings.js';
import type { IndexKind } from '../load/image-keeper.js';
import type { DataRules } from '../load/tinydns-file.js';
import { endpointsOf } from '../transport/listen-on.js';
import { parseEndpoints } from '../transport/listeners.js';
import type { Endpoint } from '../transport/query-handler.js';
import type { UdpOptions } from '../transport/udp-engine.js';
import { nameFromText, nameText } from '../wire/name-text.js';
import { foldedName } from '../wire/tsig-key.js';
import { autosecondaryOf } from './autosecondary-settings.js';
import { controlSocketPath } from './control-socket.js';
import type { Answering, ServeOptions } from './serve.js';
import { signingRulesOf } from './signing-settings.js';

const DNS_PORT = 53;
const SOURCES_DEFAULT = ['zones'];

/** A data or data.cdb whose zones are served. */
export type ServedData = {
  /** A relative one starts at the working directory. */
  readonly path: string;
  /** Empty for the one without a name. */
  readonly instance: string;
  readonly rules: DataRules;
  readonly notifyOnStartup: boolean;
};

/** @param sources zone directories and files of the command line; if there are none, zones-dir says */
export function serveOptions(
  settings: Settings,
  sources: readonly string[],
  {
    spares,
    ...rest
  }: Pick<ServeOptions, 'terminal' | 'quit' | 'loader'> & Pick<UdpOptions, 'spares'>,
): ServeOptions {
  const bindConfig = bindConfigOf(settings);
  const dataSources = dataSourcesOf(settings);
  const listed = sources.length > 0 ? sources : settings.list('zones-dir');
  const isEnough = listed.length > 0 || bindConfig !== null || dataSources.length > 0;
  return {
    sources: isEnough ? listed : SOURCES_DEFAULT,
    bindConfig,
    dataSources,
    catalogs: catalogsOf(settings),
    autosecondary: autosecondaryOf(settings),
    serial: settings.text('serial'),
    index: indexOf(settings),
    warmStart: settings.flag('warm-start'),
    stateDir: settings.text('state-dir'),
    answering: (conf) => answeringOf(settings, conf),
    udp: {
      engine: settings.text('udp-engine'),
      workers: settings.number('workers'),
      spares: spares ?? null,
    },
    reload: {
      strict: settings.flag('strict'),
      includeOutside: settings.flag('include-outside'),
      allowMassRemoval: settings.flag('allow-mass-removal'),
      ignoreBroken: settings.flag('bind-ignore-broken-records'),
      includeDepth: settings.number('max-include-depth'),
      generateSteps: settings.number('max-generate-steps'),
      signing: signingRulesOf(settings),
      nsec3IterationsMax: settings.number('max-nsec3-iterations'),
      rescanMs: rescanMsOf(settings),
      data: dataRulesOf(settings, ''),
    },
    control: controlOf(settings),
    settings,
    pidFile: (conf) => pidFileOf(settings, conf),
    ...rest,
  };
}

/** PowerDNS's word for the index is that of a backend. */
function indexOf(settings: Settings): IndexKind {
  return settings.launches('lmdb') ? 'lmdb' : settings.text('index');
}

/** named.conf is a source if it is launched, or if it is named and nothing is launched. */
function bindConfigOf(settings: Settings): string | null {
  const path = settings.text('bind-config');
  if (path === '' || (settings.launched().length > 0 && !settings.launches('bind'))) return null;
  return path;
}

function catalogsOf(settings: Settings): ServeOptions['catalogs'] {
  const consumed = namesOf(settings.list('catalog-zones'));
  const [produced] = namesOf([settings.text('producer-catalog')]).values();
  if (produced !== undefined && consumed.has(nameText(produced, 0))) {
    const text = `producer-catalog ${nameText(produced, 0)} is one of catalog-zones, too`;
    throw new ServerError('CATALOG_INVALID', text);
  }
  return { consumed: [...consumed.values()], produced: produced ?? null };
}

/** In lower case, each once, by their texts. */
function namesOf(texts: readonly string[]): Map<string, Uint8Array> {
  const names = texts.flatMap((text) => {
    const name = nameFromText(text);
    return name === null ? [] : [foldedName(name)];
  });
  return new Map(names.map((name) => [nameText(name, 0), name]));
}

function dataSourcesOf(settings: Settings): ServedData[] {
  const launched = settings.launched().filter(({ kind }) => kind === 'tinydns');
  return launched.map(({ instance }) => ({
    path: settings.text('tinydns-dbfile', instance),
    instance,
    rules: dataRulesOf(settings, instance),
    notifyOnStartup: settings.flag('tinydns-notify-on-startup', instance),
  }));
}

function dataRulesOf(settings: Settings, instance: string): DataRules {
  return {
    dialect: settings.text('tinydns-dialect', instance),
    taiAdjust: settings.number('tinydns-tai-adjust', instance),
    locations: settings.flag('tinydns-locations', instance),
    ignoreBroken: settings.flag('tinydns-ignore-bogus-records', instance),
    strict: settings.flag('strict'),
    asTinydns: settings.text('tinydns-wildcards', instance) === 'djb',
  };
}

/** The shorter of both, but for 0, which is never. */
function rescanMsOf(settings: Settings): number {
  const seconds = [settings.number('rescan-interval'), settings.number('bind-check-interval')];
  const given = seconds.filter((value) => value > 0);
  return given.length === 0 ? 0 : Math.min(...given) * 1000;
}

function controlOf(settings: Settings): ServeOptions['control'] {
  const address = settings.text('tcp-control-address');
  return {
    socketPath: controlSocketPath(settings.text('socket-dir'), settings.text('config-name')),
    tcp:
      address === ''
        ? null
        : {
            address,
            port: settings.number('tcp-control-port'),
            secret: settings.text('tcp-control-secret'),
            range: settings.list('tcp-control-range'),
          },
  };
}

function pidFileOf(settings: Settings, conf: NamedConf | null): string | null {
  const name = settings.text('config-name');
  if (settings.flag('write-pid')) {
    return join(settings.text('socket-dir'), `pdns${name === '' ? '' : `-${name}`}.pid`);
  }
  const given = conf?.options.pidFile ?? null;
  return given?.kind === 'text' && !settings.isSet('write-pid') ? given.text : null;
}

// --- answers ------------------------------------------------------------------------------------------------------

function answeringOf(settings: Settings, conf: NamedConf | null): Answering {
  const options = conf?.options ?? null;
  /** What named.conf says, unless the setting was given. */
  const unlessSet = <T>(name: SettingName, value: T | null | undefined): T | null =>
    settings.isSet(name) ? null : (value ?? null);
  const serverId = textOf(unlessSet('server-id', options?.serverId), settings.text('server-id'));
  const maxUdp = unlessSet('udp-truncation-threshold', options?.maxUdpSize);
  return {
    endpoints: endpointsFor(settings, options),
    engine: {
      anyFull: settings.text('any') === 'full',
      minimalResponses: minimalOf(
        settings,
        unlessSet('minimal-responses', options?.minimalResponses),
      ),
      roundRobin: settings.flag('round-robin'),
      udpOctetsMax:
        maxUdp === null
          ? settings.number('udp-truncation-threshold')
          : Math.min(UDP_SLOT_OCTETS, Math.max(UDP_OCTETS_PLAIN, maxUdp)),
      version: textOf(
        unlessSet('version-string', options?.version),
        settings.text('version-string'),
      ),
      hostname: textOf(options?.hostname ?? null, serverId ?? ''),
      serverId,
      clientSubnet: settings.flag('edns-subnet-processing'),
      outsideDrop: settings.text('out-of-zone-answer') === 'drop',
      defers: true,
    },
  };
}

/** BIND's no-auth-recursive is about answers that are never given here. */
function minimalOf(
  settings: Settings,
  named: NamedOptions['minimalResponses'],
): 'yes' | 'no-auth' | 'no' {
  if (named === null) return settings.text('minimal-responses');
  return named === 'no-auth-recursive' ? 'no' : named;
}

/** An answer to a question about the server; `null`: refused. */
function textOf(given: Given | null, text: string): string | null {
  if (given === null) return text === '' ? null : text;
  if (given.kind === 'none') return null;
  return given.kind === 'hostname' ? hostname() : given.text;
}

function endpointsFor(settings: Settings, options: NamedOptions | null): Endpoint[] {
  const named = options !== null && (options.listenOn !== null || options.listenOnV6 !== null);
  if (!named || settings.isSet('local-address')) {
    return parseEndpoints(settings.list('local-address').join(','), settings.number('local-port'));
  }
  const port = settings.isSet('local-port')
    ? settings.number('local-port')
    : (options.port ?? DNS_PORT);
  const endpoints = [
    ...endpointsOf(options.listenOn, 4, port),
    ...endpointsOf(options.listenOnV6, 6, port),
  ];
  if (endpoints.length > 0) return endpoints;
  throw new ServerError('ADDRESS_INVALID', 'listen-on matches no address of this host');
}
