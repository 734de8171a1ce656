CREATE TABLE `agents` (
	`org` integer NOT NULL,
	`no` integer NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`org`, `no`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agents_name` ON `agents` (`org`,`name`);--> statement-breakpoint
CREATE TABLE `events` (
	`org` integer NOT NULL,
	`session` integer NOT NULL,
	`seq` integer NOT NULL,
	`id` blob NOT NULL,
	`type_no` integer NOT NULL,
	`agent_no` integer,
	`about_session` integer,
	`request_id` blob NOT NULL,
	`format` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`org`, `session`, `seq`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `events_id` ON `events` (`org`,`id`);--> statement-breakpoint
CREATE INDEX `events_session_type` ON `events` (`org`,`session`,`type_no`,`seq`);--> statement-breakpoint
CREATE INDEX `events_type` ON `events` (`org`,`type_no`,`id`);--> statement-breakpoint
CREATE INDEX `events_agent` ON `events` (`org`,`agent_no`,`id`) WHERE agent_no IS NOT NULL;--> statement-breakpoint
CREATE INDEX `events_about` ON `events` (`org`,`about_session`,`id`) WHERE about_session IS NOT NULL;--> statement-breakpoint
CREATE TABLE `idempotency` (
	`org` integer NOT NULL,
	`key` blob NOT NULL,
	`fingerprint` blob NOT NULL,
	`created_us` integer NOT NULL,
	`session` integer,
	`first_seq` integer,
	`n` integer,
	`answer` text,
	PRIMARY KEY(`org`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency` (`created_us`);--> statement-breakpoint
CREATE TABLE `orgs` (
	`no` integer PRIMARY KEY NOT NULL,
	`id` blob NOT NULL,
	`name` text NOT NULL,
	`last_us` integer NOT NULL,
	`account_count` integer NOT NULL,
	`last_session` integer NOT NULL,
	`created_us` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `orgs_id` ON `orgs` (`id`);--> statement-breakpoint
CREATE TABLE `session_heads` (
	`org` integer NOT NULL,
	`session` integer NOT NULL,
	`count` integer NOT NULL,
	`last_us` integer NOT NULL,
	`phase` integer NOT NULL,
	`turn` text,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cache_read_input_tokens` integer NOT NULL,
	`cache_creation_input_tokens` integer NOT NULL,
	`started_us` integer,
	PRIMARY KEY(`org`, `session`)
);
--> statement-breakpoint
CREATE INDEX `session_heads_phase` ON `session_heads` (`org`,`phase`,`session`);--> statement-breakpoint
CREATE TABLE `session_metadata` (
	`org` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	`session` integer NOT NULL,
	PRIMARY KEY(`org`, `key`, `value`, `session`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`org` integer NOT NULL,
	`no` integer NOT NULL,
	`id` blob NOT NULL,
	`external_id` text,
	`agent_no` integer,
	`agent_version` text,
	`environment_id` text,
	`title` text,
	`metadata` text NOT NULL,
	`created_us` integer NOT NULL,
	`updated_us` integer NOT NULL,
	`archived_us` integer,
	`deleted_us` integer,
	`first_seq` integer DEFAULT 1 NOT NULL,
	PRIMARY KEY(`org`, `no`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_id` ON `sessions` (`org`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_external_id` ON `sessions` (`org`,`external_id`) WHERE external_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_agent` ON `sessions` (`org`,`agent_no`,`no`) WHERE agent_no IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_deleted` ON `sessions` (`deleted_us`) WHERE deleted_us IS NOT NULL;--> statement-breakpoint
CREATE TABLE `token_secrets` (
	`hash` blob PRIMARY KEY NOT NULL,
	`org` integer NOT NULL,
	`token` blob NOT NULL,
	`expires_us` integer
);
--> statement-breakpoint
CREATE INDEX `token_secrets_token` ON `token_secrets` (`org`,`token`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`org` integer NOT NULL,
	`id` blob NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`prefix` text NOT NULL,
	`created_us` integer NOT NULL,
	`expires_us` integer,
	`last_used_us` integer,
	`revoked_us` integer,
	PRIMARY KEY(`org`, `id`)
);
--> statement-breakpoint
CREATE TABLE `types` (
	`org` integer NOT NULL,
	`no` integer NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`org`, `no`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `types_name` ON `types` (`org`,`name`);