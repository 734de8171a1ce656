CREATE TABLE `capabilities` (
	`hash` blob PRIMARY KEY NOT NULL,
	`org` integer NOT NULL,
	`session` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `capabilities_session` ON `capabilities` (`org`,`session`);--> statement-breakpoint
ALTER TABLE `events` ADD `origin` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `orgs` ADD `session_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `origin` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `occurred_at` text;--> statement-breakpoint
UPDATE `orgs` SET `session_count` =
  (SELECT count(*) FROM `sessions` WHERE `sessions`.`org` = `orgs`.`no` AND `sessions`.`deleted_us` IS NULL);--> statement-breakpoint
-- Only the server itself writes `caused_by` into the data of an account event.
UPDATE `events` SET `origin` = 1
  WHERE `org` IN (SELECT `no` FROM `orgs`) AND `session` = 0 AND json_type(`text`, '$.data.caused_by') IS NOT NULL;--> statement-breakpoint
-- Kept answers become what they would be today: sessions have an origin, and a deletion tells a count.
UPDATE `idempotency` SET `answer` = json_insert(`answer`, '$.origin', 'native', '$.occurredAt', NULL)
  WHERE json_type(`answer`, '$.phase') IS NOT NULL;--> statement-breakpoint
UPDATE `idempotency` SET `answer` = json_insert(`answer`, '$.session.origin', 'native', '$.session.occurredAt', NULL)
  WHERE json_type(`answer`, '$.session.phase') IS NOT NULL;--> statement-breakpoint
UPDATE `idempotency` SET `answer` = json_insert(`answer`, '$.eventCount', 0)
  WHERE (SELECT count(*) FROM json_each(`answer`)) = 1 AND json_type(`answer`, '$.id') IS NOT NULL;
