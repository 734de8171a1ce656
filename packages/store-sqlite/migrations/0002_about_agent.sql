ALTER TABLE `events` ADD `about_agent` integer;--> statement-breakpoint
CREATE INDEX `events_about_agent` ON `events` (`org`,`about_agent`,`id`) WHERE about_agent IS NOT NULL;