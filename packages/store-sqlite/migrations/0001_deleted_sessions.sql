CREATE TABLE `deleted_sessions` (
	`org` integer NOT NULL,
	`id` blob NOT NULL,
	`no` integer NOT NULL,
	PRIMARY KEY(`org`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deleted_sessions_no` ON `deleted_sessions` (`org`,`no`);