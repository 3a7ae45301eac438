CREATE TABLE `audit` (
	`namespace` text NOT NULL,
	`seq` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`object_kind` text NOT NULL,
	`object` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`namespace`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `audit_by_time` ON `audit` (`namespace`,`at_ms`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_by_object` ON `audit` (`namespace`,`object_kind`,`object`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_by_actor` ON `audit` (`namespace`,`actor`,`seq`);--> statement-breakpoint
CREATE TABLE `run_counts` (
	`namespace` text NOT NULL,
	`hour_ms` integer NOT NULL,
	`state` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`namespace`, `hour_ms`, `state`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`hash` text NOT NULL,
	`created_ms` integer NOT NULL,
	`seen_ms` integer NOT NULL,
	`expires_ms` integer NOT NULL,
	`address` text,
	`user_agent` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_by_hash` ON `sessions` (`hash`);--> statement-breakpoint
CREATE INDEX `sessions_by_user` ON `sessions` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_ms`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`version` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_by_username` ON `users` (`username`);--> statement-breakpoint
ALTER TABLE `namespaces` ADD `description` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `namespaces` ADD `created_ms` integer;--> statement-breakpoint
ALTER TABLE `namespaces` ADD `quotas` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `executors` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `created_by` text;--> statement-breakpoint
INSERT INTO `run_counts` SELECT `namespace`, `created_ms` - `created_ms` % 3600000, `state`, count(*) FROM `runs` WHERE `state` IN ('succeeded', 'failed', 'timed_out', 'canceled', 'lost') AND "trigger" <> 'shard' GROUP BY 1, 2, 3;--> statement-breakpoint
CREATE TRIGGER `runs_counted_new` AFTER INSERT ON `runs` WHEN new.`state` IN ('succeeded', 'failed', 'timed_out', 'canceled', 'lost') AND new."trigger" <> 'shard' BEGIN INSERT INTO `run_counts` VALUES (new.`namespace`, new.`created_ms` - new.`created_ms` % 3600000, new.`state`, 1) ON CONFLICT DO UPDATE SET `count` = `count` + 1; END;--> statement-breakpoint
CREATE TRIGGER `runs_counted_end` AFTER UPDATE OF `state` ON `runs` WHEN old.`state` <> new.`state` AND new.`state` IN ('succeeded', 'failed', 'timed_out', 'canceled', 'lost') AND new."trigger" <> 'shard' BEGIN INSERT INTO `run_counts` VALUES (new.`namespace`, new.`created_ms` - new.`created_ms` % 3600000, new.`state`, 1) ON CONFLICT DO UPDATE SET `count` = `count` + 1; END;
--> statement-breakpoint
INSERT OR IGNORE INTO `namespaces` (`name`, `version`, `signing_generations`) SELECT DISTINCT `namespace`, 1, '[1]' FROM `tokens` WHERE `namespace` <> 'default';
