sync-none = There is no mapping yet. Make one under Mappings.
sync-all = All mappings
sync-run-now = Run now
sync-dry-run = Dry run
sync-dry-run-help = A dry run decides everything and writes nothing. You see each change before and after, and can approve exactly that.
sync-run = Run
sync-full = Every record
sync-full-help = Looks at each record again, changed or not. Takes longer.
sync-retired = It is retired: it runs again once somebody resumes it on the mapping’s page.
sync-to-mapping = To its fields
sync-full-short = every record
sync-census = With a census
sync-census-help = Counts what is there on both sides: finds deletes, and changes that nobody announced.
sync-census-short = census
sync-may-not = Your part does not include running.
sync-started = It will begin in a moment.
sync-already = The same run is under way already.
sync-cancel = Stop
sync-cancelled = It stops as soon as the unit at hand is finished.
sync-cancel-confirm = Stop this? The unit at hand is finished; the others wait as they are.
sync-stopping = It stops after the unit at hand…
sync-follow-log = Log of the run
sync-to-plan = To the dry run
sync-last-run = Last run
sync-next-run = Next run
sync-never = It has never run.
sync-no-schedule = By hand only; there is no schedule.
sync-expected = of
sync-fell = What was asked for last could not begin.
sync-goes-on = It was interrupted at { $percent } % and goes on from there; these counts begin again.
sync-in-step = in step
sync-waiting = waiting for the next run
sync-conflicted = in conflict
sync-failed = failed
sync-skipped = left out
sync-unfit = It cannot run as it is.
sync-unfit-see = See what is missing
sync-problems = The mapping’s file is not right:
sync-missing = Settings that the mapping needs and does not have:
sync-missing-do = Fill them in
sync-connects = What it connects
sync-history = History
sync-history-none = It has not run yet. A dry run shows what the first run would do.
sync-dry-runs = Dry runs
sync-what-run = Run
sync-what-full = Run over every record
sync-what-census = Run with a census
sync-what-dry-run = Dry run
sync-what-apply = Carrying out an approved dry run
sync-what-other = Reconciliation
sync-brake = { $count ->
    [one] { $number } unit waits: its record was deleted on one side.
   *[other] { $number } units wait: their records were deleted on one side.
}
sync-brake-why = That is more than a run follows without asking. See whether they were really deleted: a lost permission looks the same.
sync-brake-see = See which
sync-brake-follow = { $count ->
    [one] Follow up to { $number } delete
   *[other] Follow up to { $number } deletes
}
sync-brake-confirm = { $count ->
    [one] Run now and delete up to { $number } record on the other side?
   *[other] Run now and delete up to { $number } records on the other side?
}
sync-schedule = Schedule
sync-schedule-none = It runs only when somebody starts it. Add a schedule to let it run by itself.
sync-schedule-add = Add
sync-schedule-new = New schedule
sync-schedule-edit = Schedule
sync-schedule-change = Edit
sync-schedule-name = Name
sync-schedule-when = When
sync-schedule-next = Next
sync-schedule-limits = Limits
sync-schedule-cron = When (minute, hour, day, month, weekday)
sync-schedule-cron-help = Five fields: “*/15 * * * *” is every 15 minutes, “0 6 * * MON-FRI” is 6:00 from Monday to Friday. Times are the agency’s.
sync-schedule-minutes = Time limit in minutes
sync-schedule-minutes-wrong = A whole number of minutes from 1 to 1440.
sync-schedule-attempts = Attempts
sync-schedule-attempts-wrong = A whole number from 1 to 10.
sync-schedule-missed = If a time was missed
sync-schedule-once = Run once, as soon as possible
sync-schedule-skip = Wait for the next time
sync-schedule-limit = { $count ->
    [one] at most { $number } minute
   *[other] at most { $number } minutes
}
sync-schedule-tries = { $count ->
    [one] { $number } attempt
   *[other] { $number } attempts
}
sync-schedule-enabled = On
sync-schedule-is-on = On
sync-schedule-is-off = Off
sync-schedule-enable = Switch on
sync-schedule-disable = Switch off
sync-schedule-remove = Remove
sync-schedule-remove-confirm = Remove this schedule? Its runs stay in the history.
sync-schedule-save = Save
sync-schedule-look = Show the times
sync-schedule-back = Cancel
sync-schedule-saved = The schedule is saved.
sync-schedule-on = The schedule is on.
sync-schedule-off = The schedule is off.
sync-schedule-removed = The schedule is removed.
sync-schedule-taken = There is a schedule of this name already.
sync-schedule-name-wrong = A name has 1 to 60 characters.
sync-cron-fields = A schedule has five fields (minute, hour, day, month, weekday); this one has { $found }.
sync-cron-field = “{ $text }” is no { $what }. It may hold { $holds }, with *, commas, - and /.
sync-cron-never = Such a day never comes: look at the day and the month.
sync-cron-minute = minute
sync-cron-minute-holds = 0 to 59
sync-cron-hour = hour
sync-cron-hour-holds = 0 to 23
sync-cron-day = day of the month
sync-cron-day-holds = 1 to 31, or L for the last day of the month
sync-cron-month = month
sync-cron-month-holds = 1 to 12, or JAN to DEC
sync-cron-weekday = weekday
sync-cron-weekday-holds = 0 to 7 (0 and 7 are Sunday), or SUN to SAT
plan-title = Dry run of { $mapping }
plan-nothing-written = Nothing was written.
plan-going = Nothing is written. When it is ready, what it would do is shown here.
plan-ready = The dry run is ready: see what it would do.
plan-read = units looked at
plan-unit-created = would be created
plan-unit-updated = would be changed
plan-unit-failed = would fail
plan-created = would be created
plan-updated = would be changed
plan-deleted = would be deleted
plan-failed = would fail
plan-approve-title = Carry it out
plan-cost = About { $time } and { $requests } requests:
plan-deletes = { $count ->
    [one] In { $number } unit something would be deleted.
   *[other] In { $number } units something would be deleted.
}
plan-deletes-see = See which
plan-approve = Approve and carry out
plan-approve-help = Exactly what is shown here is done. What has moved since is left alone and told.
plan-confirm = { $count ->
    [one] Write { $number } unit as shown?
   *[other] Write { $number } units as shown?
}
plan-confirm-deletes = { $count ->
    [one] In { $number } of them something is deleted.
   *[other] In { $number } of them something is deleted.
}
plan-applied = Approved by { $who } on { $when }.
plan-nothing = There is nothing to write.
plan-incomplete = It did not come to its end, so that it cannot be approved. Start another dry run.
plan-filter = What is shown
plan-show-writes = Writes
plan-show-conflicts = Conflicts and failures
plan-show-deletes = Deletes
plan-show-all = All
plan-none = Nothing of this kind.
plan-none-yet = Nothing of this kind so far; the next page looks on.
plan-departure = It was deleted in { $system }.
plan-not-selected = Left out: the mapping does not select it.
plan-not-there = Left out: the record is not there any more.
plan-not-new = Left out: the document belongs to a record already, or the mapping does not bring it to VTiger.
plan-create = Create
plan-update = Change
plan-delete = Delete
plan-link = Link
plan-unlink = Unlink
plan-finish = Complete
plan-amend = Amend
mapping-about-policy = Policies: one Sales Order, several linked documents
mapping-about-crm = CRM: organizations, people and products
