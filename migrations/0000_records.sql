CREATE TABLE `deployment` (
	`one` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `executors` (
	`namespace` text NOT NULL,
	`app_key` text NOT NULL,
	`version` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`namespace`, `app_key`)
);
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`key` text PRIMARY KEY NOT NULL,
	`body_hash` text NOT NULL,
	`sealed_reply` text NOT NULL,
	`expires_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_by_expiry` ON `idempotency` (`expires_ms`);--> statement-breakpoint
CREATE TABLE `job_tags` (
	`job_id` text NOT NULL,
	`tag` text NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`job_id`, `tag`)
);
--> statement-breakpoint
CREATE INDEX `job_tags_by_tag` ON `job_tags` (`namespace`,`tag`,`name`,`job_id`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`deleted` integer NOT NULL,
	`state` text,
	`executor` text,
	`description` text,
	`body` text
);
--> statement-breakpoint
CREATE INDEX `jobs_by_name` ON `jobs` (`namespace`,`name`,`id`) WHERE deleted = 0;--> statement-breakpoint
CREATE INDEX `jobs_by_state` ON `jobs` (`namespace`,`state`,`name`,`id`) WHERE deleted = 0;--> statement-breakpoint
CREATE INDEX `jobs_by_executor` ON `jobs` (`namespace`,`executor`,`name`,`id`) WHERE deleted = 0;--> statement-breakpoint
CREATE TABLE `namespaces` (
	`name` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`signing_generations` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`job_id` text NOT NULL,
	`job_name` text NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`trigger` text NOT NULL,
	`nominal_ms` integer NOT NULL,
	`created_ms` integer NOT NULL,
	`duration_ms` integer,
	`node` text,
	`error_message` text,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `runs_by_created` ON `runs` (`namespace`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_job` ON `runs` (`job_id`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_job_name` ON `runs` (`namespace`,`job_name`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_state` ON `runs` (`namespace`,`state`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_node` ON `runs` (`namespace`,`node`,`created_ms`,`id`) WHERE node is not null;--> statement-breakpoint
CREATE INDEX `runs_by_trigger` ON `runs` (`namespace`,`trigger`,`created_ms`,`id`) WHERE "trigger" <> 'tick';--> statement-breakpoint
CREATE INDEX `runs_of_ticks` ON `runs` (`job_id`,`nominal_ms`) WHERE "trigger" = 'tick';--> statement-breakpoint
CREATE TABLE `ticks` (
	`job_id` text NOT NULL,
	`nominal_ms` integer NOT NULL,
	`namespace` text NOT NULL,
	`to_ms` integer NOT NULL,
	`planned_ms` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`job_id`, `nominal_ms`)
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`prefix` text NOT NULL,
	`scopes` text NOT NULL,
	`created_ms` integer NOT NULL,
	`expires_ms` integer,
	`last_used_ms` integer,
	`revoked_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_by_hash` ON `tokens` (`hash`);--> statement-breakpoint
CREATE INDEX `tokens_by_namespace` ON `tokens` (`namespace`,`id`);