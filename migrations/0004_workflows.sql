CREATE TABLE `workflow_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`workflow_id` text NOT NULL,
	`workflow_name` text NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`trigger` text NOT NULL,
	`created_ms` integer NOT NULL,
	`chars` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `workflow_runs_by_created` ON `workflow_runs` (`namespace`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `workflow_runs_by_workflow` ON `workflow_runs` (`workflow_id`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `workflow_runs_by_name` ON `workflow_runs` (`namespace`,`workflow_name`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `workflow_runs_by_state` ON `workflow_runs` (`namespace`,`state`,`created_ms`,`id`);--> statement-breakpoint
CREATE INDEX `workflow_runs_by_trigger` ON `workflow_runs` (`namespace`,`trigger`,`created_ms`,`id`) WHERE "trigger" <> 'run';--> statement-breakpoint
CREATE TABLE `workflow_steps` (
	`workflow_run` text NOT NULL,
	`step` integer NOT NULL,
	`part` integer NOT NULL,
	`version` integer NOT NULL,
	`state` text NOT NULL,
	`chars` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`workflow_run`, `step`, `part`)
);
--> statement-breakpoint
CREATE INDEX `workflow_steps_themselves` ON `workflow_steps` (`workflow_run`,`step`) WHERE part = -1;--> statement-breakpoint
CREATE TABLE `workflow_versions` (
	`workflow_id` text NOT NULL,
	`version` integer NOT NULL,
	`chars` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`workflow_id`, `version`)
);
--> statement-breakpoint
CREATE TABLE `workflows` (
	`id` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`deleted` integer NOT NULL,
	`description` text,
	`tags` text
);
--> statement-breakpoint
CREATE INDEX `workflows_by_name` ON `workflows` (`namespace`,`name`,`id`) WHERE deleted = 0;--> statement-breakpoint
DROP INDEX `runs_failed`;--> statement-breakpoint
DROP INDEX `runs_failed_by_job`;--> statement-breakpoint
DROP INDEX `runs_failed_by_job_name`;--> statement-breakpoint
ALTER TABLE `runs` ADD `workflow_run` text;--> statement-breakpoint
CREATE INDEX `runs_of_workflow_runs` ON `runs` (`workflow_run`,`created_ms`,`id`) WHERE workflow_run is not null;--> statement-breakpoint
CREATE INDEX `runs_failed` ON `runs` (`namespace`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" in ('shard', 'workflow');--> statement-breakpoint
CREATE INDEX `runs_failed_by_job` ON `runs` (`job_id`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" in ('shard', 'workflow');--> statement-breakpoint
CREATE INDEX `runs_failed_by_job_name` ON `runs` (`namespace`,`job_name`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" in ('shard', 'workflow');