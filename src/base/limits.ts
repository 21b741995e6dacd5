/**
 * Every bound of the program, each with its reason. A loop, queue, depth, buffer or wait that has no row here
 * is a mistake. Must not know: anything but numbers.
 */

// --- names and messages -------------------------------------------------------------------------------------

/** Octets of a domain name on the wire, RFC 1035 §2.3.4. */
export const NAME_OCTETS_MAX = 255;
/** Octets of one label, RFC 1035 §2.3.4. */
export const LABEL_OCTETS_MAX = 63;
/** Labels of a name, the root not counted: 127 labels of one octet fill 255 octets. */
export const LABEL_COUNT_MAX = 127;
/** Octets of a message over TCP, and of any RDATA: a 16-bit length, RFC 1035 §4.2.2. */
export const MESSAGE_OCTETS_MAX = 65535;
/** Octets of a UDP message without EDNS, RFC 1035 §4.2.1. */
export const UDP_OCTETS_PLAIN = 512;
/** Octets of a UDP reply with EDNS unless set otherwise: fits every path, DNS flag day 2020. */
export const UDP_OCTETS_DEFAULT = 1232;
/** A compression pointer holds 14 bits, RFC 1035 §4.1.4. */
export const POINTER_TARGET_MAX = 0x3fff;
/** Names of one message that later names may point at; beyond it names are written whole. */
export const COMPRESSION_TARGETS_MAX = 256;
/** Octets of the server's identity in NSID and class CH: one character string, and never in the way of an answer. */
export const SERVER_ID_OCTETS_MAX = 255;
/** RRsets of one reply that are remembered to keep doubles out; more fit only into a reply of thousands of octets. */
export const RESPONSE_RRSETS_MAX = 512;
/** CNAME and DNAME steps of one answer. BIND follows 16 (max-restarts 11 since 9.18.28); longer chains end there. */
export const CHAIN_STEPS_MAX = 16;

// --- signed messages ----------------------------------------------------------------------------------------

/** Seconds that the clocks of two servers may differ, RFC 8945 §10: what every server sends. */
export const TSIG_FUDGE_SECONDS = 300;
/** Octets of a MAC, cut as it may be; also half of the digest, RFC 8945 §5.2.2.1. */
export const TSIG_MAC_OCTETS_MIN = 10;
/** Messages of a stream without TSIG between two with one, RFC 8945 §5.3.1. */
export const TSIG_UNSIGNED_MAX = 99;

// --- signed zones -------------------------------------------------------------------------------------------

/** Iterations of NSEC3 that validators still compute: BIND 9.18 takes a zone with more for unsigned, RFC 9276 §3.2. */
export const NSEC3_ITERATIONS_ADVISED = 50;
/** Signatures that are verified at a time: enough to keep node:crypto's threads busy. */
export const VERIFY_AT_ONCE = 64;
/** Time between looks at the clock for zones whose signatures end soon: they are told of days before. */
export const SIGNATURES_LOOK_MS = 60_000;
/** Zones whose signatures end that one look names in the log; the others are counted. */
export const SIGNATURES_LOGGED_MAX = 20;
/** Days before the soonest signature expires that a zone is told of, unless set otherwise: BIND renews after five. */
export const SIGNATURE_WARNING_DAYS = 3;
/** The same, at most: longer than anybody's signatures are valid. */
export const SIGNATURE_WARNING_DAYS_MAX = 3650;

// --- zone text ----------------------------------------------------------------------------------------------

/** Nested $INCLUDE files. PowerDNS allows 20, NSD 10; deeper nesting is nearly always a cycle by other means. */
export const INCLUDE_DEPTH_MAX = 20;
/** Steps of one $GENERATE: enough for a /16 of addresses, PowerDNS and BIND have no bound of their own. */
export const GENERATE_STEPS_MAX = 1 << 20;
/** Octets of one zone file: offsets in an image are signed 32-bit, and an image takes up to twice its text. */
export const ZONE_FILE_OCTETS_MAX = 0x3fff_ffff;
/** Octets of the names and RRsets of one zone's image: see above. */
export const IMAGE_ARENA_OCTETS_MAX = 0x7fff_0000;
/** Octets of an image that is packed with others; a larger one keeps the buffer that it was compiled into. */
export const PACKED_IMAGE_OCTETS_MAX = 4 << 20;
/** Time between looks whether readers still use memory that was let go; no reader sleeps longer than twice this. */
export const COLLECT_MS = 100;
/** Images that were replaced within this time leave the main thread together: collecting takes it some milliseconds. */
export const COLLECT_GARBAGE_MS = 1000;
/** Records of one RRset: an image counts them in 16 bits, and no message holds as many. */
export const RRSET_RECORDS_MAX = 65535;
/**
 * Times that NSEC3 hashes a name again, unless set otherwise: PowerDNS's bound. RFC 9276 §3.1 asks for none; above this
 * a query would cost more to hash than all the rest, and validators take the zone for unsigned or refuse it.
 */
export const NSEC3_ITERATIONS_DEFAULT = 100;
/** What it can be set to: the most that RFC 5155 §10.3 allowed, for keys of 4096 bits. */
export const NSEC3_ITERATIONS_MAX = 2500;
/** Records of one RRset that BIND takes unless told otherwise (max-records-per-type since 9.18.28). */
export const RRSET_RECORDS_ADVISED = 100;
/** Types of one owner that BIND takes unless told otherwise (max-types-per-name since 9.18.28). */
export const OWNER_TYPES_ADVISED = 100;
/** Files that one zone may be made of (a 16-bit file number stands beside each record). */
export const ZONE_FILES_MAX = 65535;
/** Problems that are kept for one load; the rest are only counted. */
export const PROBLEMS_MAX = 100;
/** TTL and the SOA's 32-bit periods: RFC 2181 §8 keeps the top bit zero. */
export const TTL_MAX = 0x7fff_ffff;
/** Octets of quoted input in a problem's text: a wrong $INCLUDE must not leak a foreign file. */
export const PROBLEM_TOKEN_OCTETS_MAX = 32;

/** Time between looks at this host's interfaces, which localhost and localnets of access lists mean. */
export const NETWORKS_LOOK_MS = 60_000;

// --- tinydns data -------------------------------------------------------------------------------------------

/** Fields of a line that are told apart: the eleven of the longest kind, and one for what is too much. */
export const TINYDNS_FIELDS_MAX = 12;
/** Octets of each character string that tinydns-data cuts the text of a TXT into. */
export const TINYDNS_STRING_OCTETS = 127;
/** Octets of a client's address as djb has it, all of IPv4: no longer prefix is ever looked up in data.cdb. */
export const TINYDNS_PREFIX_OCTETS_MAX = 4;
/** Seconds of the TTL of a record that ends, as tinydns bounds them: some to be used at all, and an hour at most. */
export const ENDING_TTL_MIN = 2;
export const ENDING_TTL_MAX = 3600;
/** Errors of one file that are told apart by zone; with more of them all zones keep what they have. */
export const TINYDNS_ERRORS_MAX = 10_000;
/** Times of change that a zone's versions are made for at once, the present one included; the next load makes more. */
export const ZONE_SPANS_MAX = 8;
/** Octets of a zone's versions for several times; of a larger zone there are two, for now and for the next change. */
export const ZONE_SPANS_OCTETS_MAX = 4 << 20;
/** Versions of one zone, by location and time: each takes what the zone takes. */
export const ZONE_VARIANTS_MAX = 4096;
/** Zones of a file that leave the loading thread at once: a millisecond of work for who takes them. */
export const TINYDNS_ZONES_CHUNK = 128;
/** Time between looks at the clock, which may be set, while a zone waits for its next change of itself. */
export const TINYDNS_CLOCK_MS = 60_000;
/** Octets of a constant database, such as data.cdb: its offsets have 32 bits. */
export const CDB_OCTETS_MAX = 0xffff_ffff;

// --- zones as JSON ------------------------------------------------------------------------------------------

/** Arrays and objects within each other: a zone has three levels, and the reader goes down by calls. */
export const JSON_NESTING_MAX = 16;
/** Characters of one field: RDATA has 65535 octets, each four characters at most, and patterns need stack for more. */
export const JSON_FIELD_LENGTH_MAX = 4 * 65536;

// --- files that are written ---------------------------------------------------------------------------------

/** Octets given to one write: Node takes 2^31 - 1, Linux a page less. */
export const WRITE_OCTETS_MAX = 1 << 30;

// --- loading and watching -----------------------------------------------------------------------------------

/** Octets of a column from which on it may be shared between threads; smaller ones are copied as fast. */
export const SHARED_COLUMN_OCTETS_MIN = 64 << 10;
/** How far loader threads stand back for the threads that answer; 0 is equal, 19 the most. */
export const LOADER_NICE = 10;
/** A file is read once nothing was heard of it for so long: writers pause less than this within one save. */
export const QUIET_MS = 40;
/** A quiet file waits so long for the rest of its batch to be quiet, so that one busy writer does not stop others. */
export const BATCH_MS_MAX = 120;
/** What looks half-written is believed after so long without a change. */
export const HALF_WRITTEN_MS = 1000;
/**
 * A file that shrank and ends differently, or a new one whose last line has no end, is believed after so long: such a
 * change is still live within 200 ms.
 */
export const DOUBT_MS = 140;
/** A file that is gone may come back within this time: editors unlink and create, so does git. */
export const REMOVAL_GRACE_MS = 1000;
/** Time between full scans, which catch what events missed (network file systems, queue overflow). */
export const RESCAN_MS_DEFAULT = 60_000;
/** A scan yields to the event loop after so long. */
export const SCAN_SLICE_MS = 2;
/** Directory entries read in one go, and paths sorted in one: half a slice. */
export const READDIR_ENTRIES = 512;
export const SORT_RUN_MAX = 1024;
/** Paths named by events before a full scan is cheaper; the kernel's event queue holds 16384. */
export const WAKE_UPS_MAX = 4096;
/** Directories below a zone directory: deep enough for any tree by customer, bounds a loop of mounts. */
export const DIRECTORY_DEPTH_MAX = 8;
/** Symbolic links of one path, as the kernel's own bound (MAXSYMLINKS). */
export const SYMLINK_STEPS_MAX = 40;
/** Files that a loader thread gets at once: 4 ms of small zones, so that messages cost little and edits wait little. */
export const LOAD_BATCH_MAX = 128;
/** Octets for the images of a batch; the few that do not fit get memory of their own. */
export const LOAD_ROOM_OCTETS = 256 << 10;
/** Loads that wait for a thread before a scan that finds more waits, too: bounds what they hold. */
export const LOADS_WAITING_MAX = 1024;
/** Loader threads: more would only wait for the disk and for the main thread, which publishes. */
export const LOADER_THREADS_MAX = 8;
/** Loader threads end after so long without work. */
export const LOADER_IDLE_MS = 1000;
/** A loader thread that has loaded more zones than this, or for longer, is not kept: its heap has grown. */
export const LOADER_WORN_LOADS = 256;
export const LOADER_WORN_MS = 250;
/** Megabytes of a loader thread's young generation: with less it spends a tenth of its time on collecting. */
export const LOADER_YOUNG_MEGABYTES = 32;
/** A file of more octets is loaded by a thread that has nothing else to do. */
export const LARGE_FILE_OCTETS = 1 << 20;
/** Loads of a file that kept changing while it was read, before that is reported. */
export const LOAD_RETRIES_MAX = 5;
/** Samples of the running hash of a served file: 4 KiB kept per file at most. */
export const PREFIX_SAMPLES_MAX = 1024;
/** Octets between two samples, at least: tells a shortened file of any size from a cut one. */
export const PREFIX_STEP_OCTETS_MIN = 16;
/** Octets of a file whose prefix is checked on the main thread (about 20 ms); larger ones just wait. */
export const PREFIX_OCTETS_MAX = 16 << 20;
/** Problems of one zone that the log shows; the rest are counted. */
export const LOGGED_PROBLEMS_MAX = 5;
/** Zones whose first load is logged one by one at the start; a directory of thousands is only summed up. */
export const START_LOADS_LOGGED_MAX = 100;
/** The server listens after so long even if zones are still loading. */
export const START_WAIT_MS = 2000;
/** A load that takes longer shows its progress on a terminal. */
export const PROGRESS_AFTER_MS = 1000;

/** Blocks of memory of so many octets and more, as large zones take, go back to the system when they are freed. */
export const MAPPED_BLOCK_OCTETS = 1 << 20;

// --- signing ------------------------------------------------------------------------------------------------

/** Time between looks at the clock, which may be set, for signatures that are due and keys whose time has come. */
export const SIGN_LOOK_MS = 60_000;
/** A zone that was to be signed again, and has not been, is tried again after so long. */
export const SIGN_RETRY_MS = 300_000;
/** Keys made until one has a tag that no other key of the zone has: of 65,536 tags hardly any is taken. */
export const KEY_TAG_TRIES_MAX = 16;
/** Key files are looked at when nothing was heard of them for so long: a rollover writes several. */
export const KEY_FILES_QUIET_MS = 200;

// --- transports ---------------------------------------------------------------------------------------------

/** Octets of a socket's kernel buffers: 4 MiB hold some 20 ms of queries at full load; the kernel may give less. */
export const UDP_BUFFER_OCTETS = 4 << 20;
/** Datagrams read in one call: enough that the call's own cost no longer shows. */
export const UDP_BATCH_MESSAGES = 64;
/** Octets kept for a request or a reply over UDP; the largest reply that may be set, and ten times a usual query. */
export const UDP_SLOT_OCTETS = 4096;
/** A UDP worker waits for datagrams no longer, then looks whether memory can be given up. */
export const UDP_WAIT_MS = 200;
/** UDP workers of one address. */
export const UDP_WORKERS_MAX = 64;
/** UDP workers of one address that are replaced within a minute; more would only crash again. */
export const WORKER_RESTARTS_MAX = 8;
/** Deferred queries of one UDP worker or socket that may wait for the main thread: some milliseconds of its time. */
export const DEFERRED_OPEN_MAX = 64;
/** Queries of one batch that a UDP worker hands to the main thread: so many cost less than the rest of a batch. */
export const DEFERRED_BATCH_MAX = 16;
/** A TCP connection without a complete query for so long is closed (RFC 7766 §6.2.3). */
export const TCP_IDLE_MS = 10_000;
/** TCP connections in all: each costs about 10 KiB. */
export const TCP_CLIENTS_MAX = 1024;
/** TCP connections of one client address, so that one client cannot take all. */
export const TCP_CLIENTS_PER_ADDRESS_MAX = 128;
/** Octets of answers that a slow reader may leave unread before its queries wait. */
export const TCP_UNSENT_OCTETS_MAX = 256 << 10;
/** Queries that one thread logs in a second, when queries are logged: more nobody reads, and they cost time. */
export const LOGGED_QUERIES_PER_SECOND = 1000;
/** Ports tried until one is free for both UDP and TCP, when the port is 0. */
export const PORT_TRIES_MAX = 16;
/** A message that repeats, such as a failing send, is logged once in this time. */
export const REPEATED_LOG_MS = 1000;
/** Connections with answers still unsent get so long at shutdown. */
export const STOP_MS_MAX = 200;

// --- changes of zones ---------------------------------------------------------------------------------------

/** An IXFR query waits so long for the difference that is being made: secondaries ask as soon as they are notified. */
export const CHANGE_WAIT_MS = 5000;
/** Octets of a zone whose versions are compared by the main thread: a millisecond at most. */
export const CHANGE_SMALL_OCTETS = 64 << 10;
/** Versions of one zone that wait to be compared; of more the last two become one step. */
export const CHANGES_WAITING_MAX = 8;
/** Octets of steps that are made one for an answer, some milliseconds of the main thread; more are sent as they are. */
export const CHANGES_MERGED_OCTETS_MAX = 256 << 10;
/** Time between two commits of changes, which wait for the disk; the first after a pause is made at once. */
export const CHANGE_COMMIT_MS = 100;
/** Octets of changes that wait for a commit before it is made at once. */
export const CHANGE_COMMIT_OCTETS = 16 << 20;
/** Records of an RRset that are compared one with all: beyond it a set is made of them. */
export const CHANGE_RRSET_RECORDS = 8;

// --- counters -----------------------------------------------------------------------------------------------

/** Client addresses that each thread remembers when asked to: as many as PowerDNS's ring holds. */
export const REMOTES_KEPT = 10_000;
/** RR types below this have a counter each: all that IANA has given out, but for a few far above. */
export const QTYPES_COUNTED = 512;
/** Of the types above, so many get a counter, the first that are asked for: clients can make up 65,000 of them. */
export const FAR_QTYPES_COUNTED = 16;

// --- configuration ------------------------------------------------------------------------------------------

/** Blocks in blocks of named.conf, and ACLs in ACLs: real ones have five, and readers go down by calls. */
export const CONFIG_NESTING_MAX = 32;
/** Files of one named.conf: one for each of a hundred thousand zones, twice over. */
export const CONFIG_FILES_MAX = 1 << 18;
/** Largest number in named.conf, as in BIND. */
export const CONFIG_NUMBER_MAX = 0xffff_ffff;
/** Elements of one address match list with those of the ACLs in it: ACLs that name ACLs grow by powers. */
export const ACL_ELEMENTS_MAX = 65536;
/** Servers of one list with those of the lists in it: each is a question per refresh. */
export const REMOTE_SERVERS_MAX = 1024;

/** Zones of a configuration that are handed on at once: about a millisecond of work. */
export const CONFIG_ZONES_CHUNK = 512;
/** A change of a configuration is believed after so long without another: several files may be one change. */
export const CONFIG_QUIET_MS = 300;

// --- settings -----------------------------------------------------------------------------------------------

/** Octets of one settings file: a hundred times what every setting with its help takes. */
export const SETTINGS_FILE_OCTETS_MAX = 1 << 20;
/** Files of an include-dir: more is not a folder of settings but a mistake, such as a folder of zones. */
export const SETTINGS_FILES_MAX = 256;
/** Seconds of a setting that is a time: timers take 31 bits of milliseconds, and this is eleven days. */
export const SETTING_SECONDS_MAX = 1_000_000;
/** Seconds from Unix time to TAI: 37 since 2017, and they grow by less than one a year. */
export const TAI_ADJUST_SECONDS_MAX = 1000;
/** Octets of the name of an instance: it is part of the names of its settings. */
export const INSTANCE_OCTETS_MAX = 63;

// --- control channel ----------------------------------------------------------------------------------------

/** Octets of one request line, as PowerDNS allows: some 40,000 zone names for one reload. */
export const CONTROL_REQUEST_OCTETS_MAX = 1_024_000;
/** Octets of long request lines that are not complete yet, of all connections: a few, not 64 of them. */
export const CONTROL_REQUESTS_OCTETS_MAX = 8 << 20;
/** Connections at once; one more ends the oldest that has not asked anything yet, so that operators always get in. */
export const CONTROL_CLIENTS_MAX = 64;
/** A connection without a complete request line for so long is ended: programs send theirs at once, people type it. */
export const CONTROL_IDLE_MS = 10_000;
/** A client that reads nothing of its reply for so long is dropped. */
export const CONTROL_UNREAD_MS = 30_000;
/** Octets of a reply that are made at once, about 2 ms of work; more follow when the client has read them. */
export const CONTROL_CHUNK_OCTETS = 64 << 10;
/** After the reply the client gets so long to close first, so that nothing unread resets the connection. */
export const CONTROL_LINGER_MS = 1000;
/** A client that wants progress hears something at least so often: it tells a long command from a dead server. */
export const CONTROL_PROGRESS_MS = 2000;
/** Octets of the path of a socket file: sun_path holds 108 with the final NUL, unix(7). */
export const CONTROL_PATH_OCTETS_MAX = 107;
/** The control client gives up after so long without a sign of life, as PowerDNS's does. */
export const CONTROL_TIMEOUT_MS_DEFAULT = 7000;
/** Octets of a reply that the client takes: the longest string of the engine, some hundred thousand zones. */
export const CONTROL_REPLY_OCTETS_MAX = 256 << 20;

// --- notify -------------------------------------------------------------------------------------------------

/** NOTIFY messages that wait to be sent or answered: 100,000 zones with two secondaries, and 200 MiB at most. */
export const NOTIFY_WAITING_MAX = 1 << 18;
/** Times that one NOTIFY is sent. With the waits below a secondary may be away for 30 s, a restart, unnoticed. */
export const NOTIFY_TRIES_MAX = 5;
/** Wait for the first reply; each further wait is twice as long. RFC 1996 §3.6 has 60 s: no edit is live that way. */
export const NOTIFY_WAIT_MS = 1000;
/** Datagrams of a step, and time between steps: 1000 NOTIFY messages a second in all, each a SOA query in return. */
export const NOTIFY_STEP_DATAGRAMS = 10;
export const NOTIFY_STEP_MS = 10;
/** Of one secondary's, so many may be unanswered in their first second: they fit the usual socket's buffer. */
export const NOTIFY_IN_FLIGHT_MAX = 100;
/** Failures of one secondary that are logged one by one; what follows is summed up once nothing waits for it. */
export const NOTIFY_FAILURES_LOGGED_MAX = 5;

/**
 * Milliseconds that a file stays mapped when nobody in the main thread knows of it any more: a thread that was told to
 * end its work on it needs microseconds, and may have to wait for a core.
 */
export const UNMAP_DELAY_MS = 10_000;

/** Milliseconds between two looks at whether what is served is on disk for the next start: a crash costs as much. */
export const IMAGES_KEPT_MS = 1000;

/** Parts of image files, a megabyte each, whose zones are written to the store in one transaction. */
export const IMAGE_PARTS_RUN = 16;
