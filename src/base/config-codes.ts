/**
 * The table of problem codes of configurations: named.conf and settings. A part of the table in problem-codes.ts.
 * Must not know: where a code is used.
 */
import type { ProblemRow } from './problem-row.js';

export const CONFIG_CODES = {
  // --- named.conf
  CONFIG_FILE: { severity: 'error', help: 'the configuration file cannot be read' },
  CONFIG_INCLUDE: { severity: 'error', help: 'an included configuration file cannot be read' },
  CONFIG_INCLUDE_NONE: { severity: 'warning', help: 'no file matches the pattern of an include' },
  CONFIG_INCLUDE_CYCLE: {
    severity: 'error',
    help: 'a configuration file includes itself, directly or not',
  },
  CONFIG_INCLUDE_DEPTH: {
    severity: 'error',
    help: 'includes of configuration files are nested too deeply',
  },
  CONFIG_FILES: {
    severity: 'error',
    help: 'the configuration is made of more files than are supported',
  },
  CONFIG_DIRECTORY: { severity: 'warning', help: 'the directory of the options is not there' },
  CONFIG_QUOTE: { severity: 'error', help: 'a quoted string does not end on its line' },
  CONFIG_COMMENT: { severity: 'error', help: 'a comment does not end' },
  CONFIG_BRACE: { severity: 'error', help: 'braces do not pair' },
  CONFIG_SEMICOLON: { severity: 'error', help: 'a semicolon is missing' },
  CONFIG_NESTING: { severity: 'error', help: 'blocks, ACLs or lists are nested too deeply' },
  CONFIG_SYNTAX: { severity: 'error', help: 'something else is expected here' },
  CONFIG_UNKNOWN: { severity: 'error', help: 'no such statement' },
  CONFIG_MISPLACED: { severity: 'error', help: 'the statement belongs into another block' },
  CONFIG_REPEATED: {
    severity: 'error',
    help: 'it is defined already; the first definition counts',
  },
  CONFIG_VALUE: { severity: 'error', help: 'not a value of this statement' },
  CONFIG_POLICY: { severity: 'error', help: 'the values of a dnssec-policy do not go together' },
  CONFIG_POLICY_UNKNOWN: { severity: 'error', help: 'no dnssec-policy has this name' },
  CONFIG_IGNORED: { severity: 'warning', help: 'a statement of BIND that has no effect here' },
  CONFIG_UNSUPPORTED: {
    severity: 'warning',
    help: 'a part of a statement that is not supported here',
  },
  CONFIG_ADDRESS: { severity: 'error', help: 'not an address, or not a prefix' },
  CONFIG_ACL_UNKNOWN: { severity: 'error', help: 'no ACL has this name; it matches nobody' },
  CONFIG_ACL_CYCLE: { severity: 'error', help: 'an ACL contains itself, directly or not' },
  CONFIG_LIST_UNKNOWN: { severity: 'error', help: 'no list of servers has this name' },
  CONFIG_LIST_CYCLE: {
    severity: 'error',
    help: 'a list of servers contains itself, directly or not',
  },
  CONFIG_LIST_SIZE: { severity: 'error', help: 'a list is longer than is supported' },
  CONFIG_KEY: {
    severity: 'error',
    help: 'a key lacks something, or has a wrong algorithm or secret',
  },
  CONFIG_KEY_UNKNOWN: { severity: 'warning', help: 'no key has this name' },
  CONFIG_ZONE_NAME: { severity: 'error', help: "the zone's name is not a domain name" },
  CONFIG_ZONE_CLASS: {
    severity: 'warning',
    help: 'the zone or view is not of class IN; it is left out',
  },
  CONFIG_ZONE_TYPE: {
    severity: 'warning',
    help: 'a zone of a type that is not served; it is left out',
  },
  CONFIG_ZONE_NATIVE: { severity: 'warning', help: 'the zone has no type; it is native' },
  CONFIG_ZONE_DUPLICATE: {
    severity: 'error',
    help: 'the zone is defined already; the first one counts',
  },
  CONFIG_ZONE_FILE: {
    severity: 'error',
    help: 'the zone has no file, or one that is not its own; it is left out',
  },
  CONFIG_ZONE_UNSAVED: {
    severity: 'warning',
    help: 'a secondary zone without file: a restart loses it',
  },
  CONFIG_ZONE_FORMAT: {
    severity: 'error',
    help: 'zone files are text; a zone of another format is left out',
  },
  CONFIG_ZONE_PRIMARIES: { severity: 'error', help: 'a secondary zone has no primaries' },
  CONFIG_ZONE_UNUSED: {
    severity: 'warning',
    help: 'a statement without meaning for a zone of this type',
  },
  CONFIG_ZONE_OUTSIDE: {
    severity: 'error',
    help: 'zones stand outside of views although there are views',
  },
  CONFIG_VIEW: { severity: 'warning', help: 'the view is not served; its zones are left out' },
  CONFIG_VIEW_NONE: {
    severity: 'error',
    help: 'no view matches everybody; the zones of all views are left out',
  },
  // --- settings
  SETTING_FILE: { severity: 'error', help: 'a settings file or the include-dir cannot be read' },
  SETTING_SYNTAX: { severity: 'error', help: 'not name=value' },
  SETTING_UNKNOWN: { severity: 'error', help: 'no such setting' },
  SETTING_VALUE: { severity: 'error', help: 'not a value of this setting, or out of its range' },
  SETTING_TWICE: { severity: 'warning', help: 'the setting is given twice; the last one counts' },
  SETTING_RENAMED: {
    severity: 'warning',
    help: 'the setting has another name here; it counts under that one',
  },
  SETTING_IGNORED: {
    severity: 'warning',
    help: 'known from PowerDNS, misplaced, or of a source that is not launched: has no effect',
  },
} as const satisfies Record<string, ProblemRow>;
