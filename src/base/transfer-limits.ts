/**
 * Bounds of what is kept across restarts and of what goes to and from other servers, each with its reason: a part of
 * limits.ts, under the same rules. Must not know: anything but numbers.
 */

// --- transfers out ------------------------------------------------------------------------------------------

/** Octets of a transfer's message, where one record does not need more: pointers reach every name, as in NSD. */
export const TRANSFER_MESSAGE_OCTETS = 16 << 10;
/** Names of a transfer's message that later names may point at: more than 16 KiB hold. A power of two. */
export const TRANSFER_NAMES_MAX = 2048;
/** Octets that a transfer thread makes at once, half a millisecond of work; each transfer has two such buffers. */
export const TRANSFER_CHUNK_OCTETS = 256 << 10;
/** Octets of a zone, or of changes, that are sent by the main thread at once: less work than asking a thread. */
export const TRANSFER_SMALL_OCTETS = 64 << 10;
/** Messages that the main thread makes before others have their turn: a millisecond. */
export const TRANSFER_MESSAGES_RUN = 8;
/** Transfers under way in all: each has half a megabyte of buffers and its connection's unsent octets. */
export const TRANSFERS_OUT_MAX = 64;
/** Transfers under way to one address: a secondary that has been away cannot keep others out. */
export const TRANSFERS_OUT_PER_CLIENT_MAX = 16;
/** Transfers that wait for others to end: half of the TCP connections there may be, so that queries have the others. */
export const TRANSFERS_OUT_WAITING_MAX = 512;
/** A client that takes nothing of a transfer for so long is given up; NSD waits two minutes, Knot half a second. */
export const TRANSFER_STALL_MS = 60_000;
/** A transfer thread ends after so long without work: secondaries that were notified together ask within this. */
export const TRANSFER_THREAD_IDLE_MS = 60_000;

// --- store --------------------------------------------------------------------------------------------------

/** Octets of the store's live pages: what is kept is bounded far below it, and a mistake does not fill the disk. */
export const STORE_OCTETS_MAX = 8 * 2 ** 30;
/** Octets free on a disk below which a failed write means that it is full: more than one transaction takes. */
export const STORE_FREE_OCTETS_MIN = 64 << 20;
/** Octets of a key: LMDB takes 1978, the longest of ours is a name with a target's address. */
export const STORE_KEY_OCTETS_MAX = 1024;
/** Octets of LMDB's lock file: places for 250 readers, twice what it would make itself; one is used. */
export const STORE_LOCK_OCTETS = 16 << 10;
/** Octets that must be free on the disk where a new store is made: ten times what it takes. */
export const STORE_START_OCTETS = 1 << 20;
/** Levels of a table's tree: with two keys per page, as few as can be, 2^32 pages; LMDB's own bound. */
export const STORE_TREE_DEPTH_MAX = 32;
/** Zones whose journals are dropped in one transaction: a megabyte each, as a rule less; each waits for the disk. */
export const JOURNAL_FORGET_RUN = 256;
/** Octets of rows that compaction copies in one transaction: what is in memory at once; each waits for the disk. */
export const COMPACTION_RUN_OCTETS = 16 << 20;
/** Times that who reads beside a server begins again without getting on: each time two commits fell into some reads. */
export const STORE_READ_TRIES_MAX = 64;
/** Stores that could not be used and are kept for whoever wants to look at them; the oldest goes first. */
export const STORES_ASIDE_MAX = 4;
/** Starts of a server on a folder whose owner has died that may meet another start, before it is given up. */
export const STORE_OWNER_TRIES_MAX = 8;
/** Octets of packed records in one value of the journal: with headers and checksum sixteen pages of 4 KiB. */
export const JOURNAL_VALUE_OCTETS_MAX = 65536 - 64;
/** Changes of one zone that are kept: a zone that is changed each minute can be followed from 17 hours back. */
export const JOURNAL_CHANGES_MAX = 1024;
/** Octets kept of a zone's changes, at least: more than AXFR would take of a larger zone helps nobody. */
export const JOURNAL_ZONE_OCTETS_MIN = 1 << 20;
/** Octets kept of all zones' changes: 10 KiB for each of 100,000 zones. */
export const JOURNAL_OCTETS_MAX = 1 << 30;
/** Octets of changes that are merged in memory for one answer. */
export const CONDENSE_OCTETS_MAX = 4 << 20;
/** Time between two commits of what may be lost in a crash, such as timers: a commit waits for the disk. */
export const STORE_DELAY_MS = 1000;
/** Time between two commits of what should not be lost, such as serials that were raised: fifty a second at most. */
export const STORE_HURRY_MS = 20;
/** Rows of such a commit, some 20 ms of work; the others wait for the next. */
export const STORE_DELAYED_ROWS = 4096;
// --- transfers in -------------------------------------------------------------------------------------------

/** Octets of the first line of a zone file that a secondary wrote: two names, an address, a digest and some words. */
export const ZONE_SEAL_OCTETS_MAX = 4096;
/** Zones that are received at once, each by a thread: BIND's transfers-in. */
export const TRANSFERS_IN_MAX = 10;
/** Of these from one primary: BIND's transfers-per-ns. */
export const TRANSFERS_PER_PRIMARY_MAX = 2;
/** A thread that receives zones ends after so long without work. */
export const TRANSFER_IN_IDLE_MS = 5000;
/** But one that has received a large zone, which is likely to change again: it knows its work, and takes 30 MB. */
export const TRANSFER_IN_WARM_MS = 600_000;
/** Octets of such a zone's transfer: 100,000 records, of which the start of a thread is half the time. */
export const TRANSFER_WARM_OCTETS_MIN = 4 << 20;
/** Octets of a transfer from which on a second thread writes the file: a hundredth of a second of work. */
export const SCRIBE_OCTETS_MIN = 1 << 20;
/** Octets of text that are written at once: they stay in a processor's cache until they have been hashed. */
export const SCRIBE_TEXT_OCTETS = 256 << 10;
/** MiB of one transfer: the text of a zone is longer, and a zone file is bounded (ZONE_FILE_OCTETS_MAX). */
export const TRANSFER_MEBIOCTETS_MAX = 1023;
/** A transfer thread tells so often how far a transfer has come. */
export const TRANSFER_PROGRESS_MS = 1000;
/** What is logged of that. */
export const TRANSFER_PROGRESS_LOG_MS = 10_000;
/** Records of one transfer: ten times those of the largest zones that are not top-level domains. */
export const TRANSFER_RECORDS_MAX = 20_000_000;
/** Records of the differences of one IXFR, kept as objects until they are applied; beyond it AXFR takes less. */
export const IXFR_RECORDS_MAX = 500_000;
/** A TCP connection to a primary that is not there after so long: three SYNs. */
export const TRANSFER_CONNECT_MS = 10_000;
/** From the question to the first octet: primaries may have to queue a transfer, or to make it. */
export const TRANSFER_FIRST_MS = 30_000;
/** Between two pieces of a transfer. */
export const TRANSFER_IDLE_MS = 30_000;
/** A whole transfer: BIND's max-transfer-time-in. */
export const TRANSFER_WHOLE_MS = 7_200_000;
/** A transfer must bring so many octets in each of these times, or it is given up: nobody is held up by drops. */
export const TRANSFER_RATE_WINDOW_MS = 60_000;
export const TRANSFER_WINDOW_OCTETS_MIN = 10_240;
/** The thread of a transfer that says nothing so long after the time for the whole is ended. */
export const TRANSFER_WATCHDOG_MS = 600_000;
/** A SOA question over UDP is asked again after this, and given up after the second: then TCP is tried. */
export const PROBE_WAIT_MS = 2000;
export const PROBE_UDP_TRIES = 2;
/** Each wait of a SOA question over TCP, and all of it. */
export const PROBE_TCP_MS = 10_000;
/** Zones whose SOA is asked for at once, each with a socket; others wait: a start with 10,000 zones is spread by it. */
export const PROBES_MAX = 64;
/** Seconds that the times of an SOA are taken for, at least and at most, as BIND does: wrong ones harm nobody much. */
export const REFRESH_SECONDS_MIN = 60;
export const REFRESH_SECONDS_MAX = 2_419_200;
export const RETRY_SECONDS_MIN = 30;
export const RETRY_SECONDS_MAX = 1_209_600;
export const EXPIRE_SECONDS_MAX = 14_515_200;
/** A zone of which there is no version to serve is asked for again after so long, then after twice that, and so on. */
export const UNHELD_RETRY_MS = 5000;
export const UNHELD_RETRY_MS_MAX = 600_000;
/** Part of a wait that chance may take off, so that zones which came together do not stay together. */
export const REFRESH_JITTER = 0.25;
/** The same of the first wait of a zone, so that many that come together are soon spread evenly. */
export const FIRST_REFRESH_JITTER = 0.75;
/** A file of which nothing else is known is served at least so long, while its primaries are asked. */
export const FIRST_CHECK_MS = 300_000;
/** Time between two checks of a zone that notifications ask for: they may be forged, and many. */
export const NOTIFIED_PAUSE_MS = 1000;
/** The clock may be set: timers of secondary zones look at it again after so long. */
export const SECONDARY_CLOCK_MS = 60_000;
/** Failures of one primary that are logged one by one until it answers again. */
export const PRIMARY_FAILURES_LOGGED_MAX = 5;

// --- catalogs and autosecondaries ---------------------------------------------------------------------------

/** Octets of a catalog's name: its members' nodes have 39 more, and properties up to six. */
export const CATALOG_NAME_OCTETS_MAX = 200;
/** Members of one catalog: ten times the zones that a server of this kind was ever tried with. */
export const CATALOG_MEMBERS_MAX = 1_000_000;
/** Faults of one catalog that are told: whoever makes catalogs by a script has one mistake many times. */
export const CATALOG_FAULTS_MAX = 10;
/** Members refused that are told one by one; the others are counted. */
export const CATALOG_REFUSALS_LOGGED_MAX = 20;
/** Members that a catalog may lose at once though they are more than half: with so few, that is no accident. */
export const CATALOG_LOSS_UNASKED_MAX = 10;
/** Quiet time before a catalog that we make is made anew: zones that come together are one change of it. */
export const CATALOG_QUIET_MS = 500;
/** Time after which it is made anew though zones still come: secondaries see the first of 100,000 meanwhile. */
export const CATALOG_DELAY_MS_MAX = 5000;
/** Octets of a file name, the bound of Linux's file systems; a zone of a longer name has a file named by a hash. */
export const FILE_NAME_OCTETS_MAX = 255;
/** Octets of the file of autoprimaries: some 10,000 lines. */
export const AUTOPRIMARY_FILE_OCTETS_MAX = 1 << 20;
/** Faulty lines of it that are told. */
export const AUTOPRIMARY_FAULTS_LOGGED_MAX = 10;
/** Zones that autoprimaries are asked about at once; a NOTIFY beyond them is repeated by its sender. */
export const AUTOSECONDARY_ASKING_MAX = 16;
/** Zones that autoprimaries may add within a minute: a primary's thousand zones take some minutes, not a disk. */
export const AUTOSECONDARY_MINUTE_MAX = 200;
/** Zones added while the server ran, at which autoprimaries may add no more: each rewrites the file of them all. */
export const AUTOSECONDARY_ZONES_MAX = 10_000;
/** Time in which an autoprimary is not asked again about a zone that it was no good for. */
export const AUTOSECONDARY_AGAIN_MS = 60_000;
/** Zones that this is remembered of; beyond, the oldest is forgotten. */
export const AUTOSECONDARY_REMEMBERED_MAX = 10_000;
/** Time for one reply of a server that is asked about a zone. */
export const ASK_WAIT_MS = 2000;
/** Times that it is asked over UDP. */
export const ASK_TRIES_MAX = 2;
