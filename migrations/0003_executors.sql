CREATE TABLE `run_log_drops` (
	`run_id` text PRIMARY KEY NOT NULL,
	`dropped` integer NOT NULL,
	`stored_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `run_log_drops_by_age` ON `run_log_drops` (`stored_ms`);--> statement-breakpoint
CREATE TABLE `run_logs` (
	`run_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`seq` integer NOT NULL,
	`stored_ms` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`level` text NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`run_id`, `attempt`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `run_logs_by_age` ON `run_logs` (`stored_ms`);--> statement-breakpoint
DROP INDEX `runs_by_created`;--> statement-breakpoint
DROP INDEX `runs_by_job`;--> statement-breakpoint
DROP INDEX `runs_by_job_name`;--> statement-breakpoint
DROP INDEX `runs_by_state`;--> statement-breakpoint
DROP INDEX `runs_by_node`;--> statement-breakpoint
CREATE INDEX `runs_of_parents` ON `runs` (body ->> '$.trigger.parent',body ->> '$.trigger.index',`id`) WHERE "trigger" = 'shard';--> statement-breakpoint
CREATE INDEX `runs_failed` ON `runs` (`namespace`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" = 'shard';--> statement-breakpoint
CREATE INDEX `runs_failed_by_job` ON `runs` (`job_id`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" = 'shard';--> statement-breakpoint
CREATE INDEX `runs_failed_by_job_name` ON `runs` (`namespace`,`job_name`,`created_ms`,`id`) WHERE state in ('failed', 'timed_out', 'lost') and not "trigger" = 'shard';--> statement-breakpoint
CREATE INDEX `runs_of_retries` ON `runs` (body ->> '$.trigger.origin') WHERE "trigger" = 'retry';--> statement-breakpoint
CREATE INDEX `runs_by_created` ON `runs` (`namespace`,`created_ms`,`id`) WHERE "trigger" <> 'shard';--> statement-breakpoint
CREATE INDEX `runs_by_job` ON `runs` (`job_id`,`created_ms`,`id`) WHERE "trigger" <> 'shard';--> statement-breakpoint
CREATE INDEX `runs_by_job_name` ON `runs` (`namespace`,`job_name`,`created_ms`,`id`) WHERE "trigger" <> 'shard';--> statement-breakpoint
CREATE INDEX `runs_by_state` ON `runs` (`namespace`,`state`,`created_ms`,`id`) WHERE "trigger" <> 'shard';--> statement-breakpoint
CREATE INDEX `runs_by_node` ON `runs` (`namespace`,`node`,`created_ms`,`id`) WHERE node is not null and "trigger" <> 'shard';--> statement-breakpoint
CREATE TABLE `__new_executors` (
	`app_key` text PRIMARY KEY NOT NULL,
	`namespace` text NOT NULL,
	`row_version` integer NOT NULL,
	`list_version` integer NOT NULL,
	`deleted` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
-- From here on written by hand, but for the moves of the table: rows of the former version get the form
-- that this one reads. Of executors that share an appKey in two namespaces the oldest keeps it: from now on
-- an appKey stands for one executor in the whole deployment.
INSERT OR IGNORE INTO `__new_executors`
	(`app_key`, `namespace`, `row_version`, `list_version`, `deleted`, `body`)
SELECT `app_key`, `namespace`, 1, `version`, 0, json_object(
	'executor', json_object(
		'appKey', `app_key`,
		'namespace', `namespace`,
		'name', `body` ->> '$.name',
		'registration', 'manual',
		'dialect', 'native',
		'concurrency', NULL,
		'nodeConcurrency', NULL,
		'secrets', json_array(json_object(
			'id', 'sec_first',
			'sealed', `body` ->> '$.sealedSecret',
			'createdMs', `body` ->> '$.createdMs',
			'lastUsedMs', NULL)),
		'version', `version`,
		'listVersion', `version`,
		'createdMs', `body` ->> '$.createdMs',
		'updatedMs', `body` ->> '$.updatedMs'),
	'nodes', (SELECT json_group_array(json_object(
			'id', `node`.`value` ->> '$.id',
			'address', `node`.`value` ->> '$.address',
			'source', 'listed',
			'weight', `node`.`value` ->> '$.weight',
			'tags', json('[]'),
			'isWeightSet', json('false'),
			'areTagsSet', json('false'),
			'handlers', NULL,
			'version', NULL,
			'concurrency', NULL,
			'wish', 'enabled',
			'health', 'online',
			'healthSinceMs', `executors`.`body` ->> '$.updatedMs',
			'healthReason', NULL,
			'lostMs', NULL,
			'registeredMs', `executors`.`body` ->> '$.createdMs',
			'lastBeatMs', NULL,
			'inFlight', NULL,
			'secretId', NULL))
		FROM json_each(`executors`.`body`, '$.nodes') AS `node`),
	'isDeleted', json('false'),
	'rowVersion', 1)
FROM `executors` ORDER BY `body` ->> '$.createdMs', `namespace`;
--> statement-breakpoint
DROP TABLE `executors`;--> statement-breakpoint
ALTER TABLE `__new_executors` RENAME TO `executors`;--> statement-breakpoint
CREATE INDEX `executors_by_namespace` ON `executors` (`namespace`,`app_key`) WHERE deleted = 0;
--> statement-breakpoint
-- `json_insert` leaves alone what is there.
UPDATE `jobs` SET `body` = json_insert(`body`, '$.spec.sharding', NULL) WHERE `body` IS NOT NULL;
--> statement-breakpoint
UPDATE `jobs` SET `body` = json_insert(`body`,
	'$.spec.target.hashKey', NULL,
	'$.spec.target.node', NULL,
	'$.spec.target.tags', json('[]'),
	'$.spec.target.onNodeLost', 'resend')
WHERE json_extract(`body`, '$.spec.target.kind') = 'executor';
--> statement-breakpoint
UPDATE `runs` SET `body` = json_insert(`body`,
	'$.order.sharding', NULL,
	'$.order.slices', NULL,
	'$.cancelRequestedMs', NULL,
	'$.progress', NULL,
	'$.slice', NULL,
	'$.tally', NULL);
--> statement-breakpoint
UPDATE `runs` SET `body` = json_insert(`body`,
	'$.order.target.hashKey', NULL,
	'$.order.target.node', NULL,
	'$.order.target.tags', json('[]'),
	'$.order.target.onNodeLost', 'resend')
WHERE json_extract(`body`, '$.order.target.kind') = 'executor';
