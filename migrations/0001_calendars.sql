CREATE TABLE `calendar_sets` (
	`namespace` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`version_floor` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `calendars` (
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`parts` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`namespace`, `name`)
);

--> statement-breakpoint
-- From here on written by hand: rows of the former version get what they lack, so that whoever reads
-- them finds every field. `json_insert` leaves alone what is there.
UPDATE `jobs` SET `body` = json_insert(`body`,
	'$.spec.schedule.startAt', NULL,
	'$.spec.schedule.endAt', NULL,
	'$.spec.schedule.ticksMax', NULL,
	'$.spec.schedule.dst', json('{"gap":"shift","fold":"first"}'),
	'$.spec.schedule.calendar', NULL)
WHERE json_extract(`body`, '$.spec.schedule.kind') = 'cron';
--> statement-breakpoint
UPDATE `jobs` SET `body` = json_insert(`body`,
	'$.spec.schedule.startAt', NULL,
	'$.spec.schedule.endAt', NULL,
	'$.spec.schedule.ticksMax', NULL,
	'$.spec.schedule.timezone', 'UTC',
	'$.spec.schedule.calendar', NULL)
WHERE json_extract(`body`, '$.spec.schedule.kind') = 'every';
--> statement-breakpoint
UPDATE `jobs` SET `body` = json_insert(`body`,
	'$.spec.priority', 0,
	'$.spec.concurrency', NULL,
	'$.ticksDone', 0)
WHERE `body` IS NOT NULL;
--> statement-breakpoint
UPDATE `runs` SET `body` = json_insert(`body`, '$.order.priority', 0);
--> statement-breakpoint
UPDATE `ticks` SET `body` = json_insert(`body`, '$.evidence', NULL);
