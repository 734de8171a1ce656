CREATE TABLE `blocks` (
	`org` integer NOT NULL,
	`webhook` integer NOT NULL,
	`session` blob NOT NULL,
	`after` blob NOT NULL,
	`waiting` integer NOT NULL,
	PRIMARY KEY(`org`, `webhook`, `session`)
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`org` integer NOT NULL,
	`webhook` integer NOT NULL,
	`id` blob NOT NULL,
	`event` blob NOT NULL,
	`type_no` integer NOT NULL,
	`session` blob,
	`replay` blob,
	`state` integer NOT NULL,
	`cancel_reason` integer,
	`attempt_count` integer NOT NULL,
	`resent_after` integer NOT NULL,
	`manual` integer NOT NULL,
	`next_us` integer,
	`attempts` text NOT NULL,
	PRIMARY KEY(`org`, `webhook`, `id`)
);
--> statement-breakpoint
CREATE INDEX `deliveries_next` ON `deliveries` (`org`,`webhook`,`next_us`) WHERE next_us IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_retrying` ON `deliveries` (`org`,`webhook`) WHERE state = 1;--> statement-breakpoint
CREATE TABLE `lanes` (
	`org` integer NOT NULL,
	`id` blob NOT NULL,
	`webhook` integer,
	`position` blob,
	`active` integer NOT NULL,
	`fence` integer NOT NULL,
	`owner` text,
	`lease_us` integer,
	PRIMARY KEY(`org`, `id`)
);
--> statement-breakpoint
CREATE INDEX `lanes_active` ON `lanes` (`org`) WHERE active = 1;--> statement-breakpoint
CREATE TABLE `replays` (
	`org` integer NOT NULL,
	`id` blob NOT NULL,
	`dialect` integer NOT NULL,
	`webhook` blob,
	`url` text NOT NULL,
	`sealed_secret` blob,
	`since_us` integer NOT NULL,
	`until_us` integer NOT NULL,
	`types` text,
	`session` blob,
	`rate` integer,
	`through` blob,
	`total` integer NOT NULL,
	`delivered` integer NOT NULL,
	`failed` integer NOT NULL,
	`status` integer NOT NULL,
	`reason` integer,
	`created_us` integer NOT NULL,
	`updated_us` integer NOT NULL,
	`ended_us` integer,
	PRIMARY KEY(`org`, `id`)
);
--> statement-breakpoint
CREATE INDEX `replays_open` ON `replays` (`org`) WHERE ended_us IS NULL;--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhook_health` (
	`org` integer NOT NULL,
	`webhook` integer NOT NULL,
	`last_success_us` integer,
	`last_failure_us` integer,
	`consecutive_failures` integer NOT NULL,
	`failing_since_us` integer,
	PRIMARY KEY(`org`, `webhook`)
);
--> statement-breakpoint
CREATE TABLE `webhook_secrets` (
	`org` integer NOT NULL,
	`webhook` integer NOT NULL,
	`no` integer NOT NULL,
	`sealed` blob NOT NULL,
	`expires_us` integer,
	PRIMARY KEY(`org`, `webhook`, `no`)
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`org` integer NOT NULL,
	`no` integer NOT NULL,
	`id` blob NOT NULL,
	`dialect` integer NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`metadata` text NOT NULL,
	`ordering` integer NOT NULL,
	`rate_limit` integer,
	`announce` integer NOT NULL,
	`created_us` integer NOT NULL,
	`updated_us` integer NOT NULL,
	`disabled_us` integer,
	`disabled_reason` integer,
	`deleted_us` integer,
	PRIMARY KEY(`org`, `no`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhooks_id` ON `webhooks` (`org`,`id`);--> statement-breakpoint
CREATE INDEX `webhooks_deleted` ON `webhooks` (`deleted_us`) WHERE deleted_us IS NOT NULL;