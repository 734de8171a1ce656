/** Every bound that a client or an operator can meet, in one place. Sizes in bytes of UTF-8, text in Unicode characters. */
export const limits = {
  bodyBytes: 4 * 1024 * 1024,
  eventBytes: 256 * 1024,
  /** A body that holds one event: the event, and what its dialect sends around it. */
  eventBodyBytes: 320 * 1024,
  batchEvents: 500,
  jsonDepth: 64,
  jsonObjectMembers: 10_000,

  titleCharacters: 500,
  externalIdCharacters: 255,
  labelCharacters: 255,
  metadataPairs: 50,
  metadataKeyCharacters: 64,
  metadataValueCharacters: 512,
  eventTypeCharacters: 100,
  schemaVersionCharacters: 64,
  tokenNameCharacters: 255,
  tokenOverlapSeconds: 7 * 24 * 60 * 60,

  pageDefault: 20,
  pageMax: 1000,
  platformPageDefault: 50,
  platformPageMax: 100,
  pageBytes: 4 * 1024 * 1024,
  /** Type patterns in one filter. */
  typePatterns: 100,

  /** How long a long poll may be held. */
  waitSecondsMax: 55,
  /** How long the wave dialect holds a poll; the operator may set it. */
  waveHoldSeconds: 50,
  /** How long a socket may wait for the message that says who asks; and what a client may send on a socket. */
  socketAuthSeconds: 10,
  socketMessageBytes: 64 * 1024,
  socketMessageFragments: 16,
  /** Streams and held polls; the operator may set all of these six. */
  streamsPerToken: 1_000,
  streamsPerProcess: 10_000,
  streamMaxAgeSeconds: 15 * 60,
  streamHeartbeatSeconds: 15,
  /** How far behind a reader of a stream may stay. */
  streamLagBytes: 1024 * 1024,
  streamLagSeconds: 30,
  /** What a tail reads at once: the number binds where events are small, 250 bytes or so; a larger one is read alone. */
  sliceEvents: 200,
  sliceBytes: 64 * 1024,

  /** Reads of history, over all tails, before other work gets a turn; and comparisons of live events with filters. */
  historyReadsPerTurn: 4,
  filterComparisonsPerTurn: 20_000,
  /** Types of which a tail's filter remembers whether they pass. */
  filterTypesKept: 200,

  idempotencyKeyCharacters: 255,
  idempotencyKeptMs: 48 * 60 * 60 * 1000,

  /** How long a credential may be answered from memory. */
  credentialCacheMs: 10_000,
  credentialCacheEntries: 10_000,
  lastUsedEveryMs: 60_000,

  /** The writer: one commit, and what may wait for the next. */
  commitCommands: 256,
  commitBytes: 4 * 1024 * 1024,
  queueCommands: 2_000,
  queueBytes: 64 * 1024 * 1024,
  /** Background rows removed or touched in one commit. */
  backgroundRows: 200,

  webhooksPerOrg: 1_000,
  webhookUrlCharacters: 2_048,
  webhookDescriptionCharacters: 500,
  /** Secrets, as bytes; the standard's own are of 24 to 64. */
  webhookSecretBytesMin: 16,
  webhookSecretBytesMax: 255,
  /** Secrets of one webhook that are valid at once. */
  webhookSecrets: 5,
  webhookOverlapSeconds: 24 * 60 * 60,
  webhookOverlapSecondsMax: 7 * 24 * 60 * 60,
  /** Tests of webhooks that an org may have under way. */
  webhookTestsAtOnce: 4,
  /** Deliveries a second that the caller of a webhook or a replay may ask for. */
  deliveryRateMax: 1_000,
  /** A delivery: the whole attempt, what is read of its answer, and what is kept of that. */
  deliverySeconds: 15,
  answerBytes: 64 * 1024,
  answerKeptBytes: 4 * 1024,
  /** Attempts at one endpoint at a time, and at all of them. */
  deliveriesPerEndpoint: 4,
  deliveriesPerProcess: 1_000,
  /** What a webhook or a replay reads ahead of its cursor. */
  laneEvents: 256,
  laneBytes: 4 * 1024 * 1024,
  /** Failed deliveries that wait for another attempt; beyond them a webhook takes no new events until one succeeds. */
  retryRows: 1_000,
  /** Attempts that the log shows of one delivery: the last ones. */
  attemptsKept: 20,
  /** When each attempt follows the one before; the operator may set it. */
  retrySeconds: [0, 5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000],
  /** An event of a replay is tried again so often, without waiting rows, before it counts as failed. */
  replayRetrySeconds: [0, 5, 30],
  /** A replay pauses by itself after so many events in a row that failed. */
  replayFailuresInRow: 100,
  replaysPerOrg: 10,
  retryAfterSecondsMax: 24 * 60 * 60,
  /** A webhook is disabled after so many failures in a row over so long a time. */
  disableAfterFailures: 20,
  disableAfterSeconds: 24 * 60 * 60,
  /** How long a process owns a webhook without saying so again. */
  leaseSeconds: 60,
  /** What one write records of a webhook's deliveries. */
  recordedDeliveries: 128,
  /** Failed deliveries that one write sends again. */
  recoveredDeliveries: 1_000,
  /** Deliveries that somebody asked for which one write cancels. */
  canceledDeliveries: 1_000,
  /** Matches that are counted to say how far behind a webhook is. */
  lagEvents: 10_000,
  deliveryKeptDays: 30,

  /** Rows that one synchronous read may touch before it gives the loop a turn. */
  readRows: 2_000,
  /** Rows of the feed that one page may look at once it has found something. */
  feedScanRows: 20_000,
} as const;
