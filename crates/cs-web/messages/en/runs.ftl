runs-title = Runs
runs-what = What
runs-any = All
runs-from = From
runs-to = To
runs-filter = Show
runs-none = No run fits this.
runs-none-do = Start one under VTiger Sync.
runs-older = Older
runs-started = Started
runs-ended = Ended
runs-took = Took
runs-read = Read
runs-written = Written
runs-asked-by = Asked for by
runs-id = Run
runs-to-mapping = To the mapping
runs-parts = Parts of this run
runs-overview = Overview
runs-journal = What it wrote
runs-all = All runs
runs-progress = Progress
runs-balance = Balance
runs-verdict = What became of them
runs-units = Units
runs-sum = Sum
runs-adds-up = Every unit that was read is accounted for
runs-adding = Still counting
runs-adds-not-up = It does not add up
runs-requests = Requests
runs-system = System
runs-reads = Reads
runs-writes = Writes
runs-log = Log
runs-log-earlier = Only the end is shown.
runs-log-all = The whole log
runs-log-none = Nothing was logged.
runs-log-when = When
runs-log-kind = What
runs-log-record = Record
runs-log-text = What happened
page-before = Previous
page-after = Next
page-first = First page
actions = Actions
writes-total = { $count ->
    [one] { $number } write of the run of
   *[other] { $number } writes of the run of
}
runs-of-company = Report of { $company }
writes-none = This run wrote nothing.
writes-what = What
writes-where = Where
writes-unit = Unit
writes-fields = Fields
writes-fields-count = { $count ->
    [one] { $number } field
   *[other] { $number } fields
}
writes-open = On its way
writes-settled = Done
writes-dropped = Did not take
value-empty = (empty)
value-yes = yes
value-no = no
value-document = the document “{ $role }” of this unit
verdict-created = Created
verdict-updated = Updated
verdict-unchanged = In step
verdict-skipped = Left out
verdict-conflicted = In conflict
verdict-failed = Failed
balance-created = Created
balance-updated = Updated
balance-unchanged = In step
balance-skipped = Left out
balance-conflicted = In conflict
balance-failed = Failed
write-create = Create
write-update = Update
write-delete = Delete
write-amend = Amend
verb-create = Created
verb-update = Updated
verb-delete = Deleted
verb-amend = Amended
log-kind-run-started = Begin
log-kind-recovered = Recovery
log-kind-redefined = Redefined
log-kind-pulled = Read
log-kind-counted = Census
log-kind-searched = Search for pairs
log-kind-expecting = Expected
log-kind-written = Document
log-kind-recorded = Record
log-kind-given-up = Unlinked
log-kind-renamed = Renamed
log-kind-adopted = Linked
log-kind-unit-done = Unit
log-kind-retrying = Again
log-kind-run-ended = End
log-run-started = The run of { $mapping } began
log-recovered = Writes that an earlier run left open: { $settled } had arrived, { $dropped } had not and are decided anew
log-redefined = { $count ->
    [one] The mapping or its settings changed: { $number } unit is looked at again
   *[other] The mapping or its settings changed: { $number } units are looked at again
}
log-pulled = Changes of { $unit } read: { $seen } records so far
log-counted = { $unit } counted: { $seen } records so far
log-searched = { $unit }/{ $role }: { $seen } records looked through for pairs
log-expecting = { $count ->
    [one] { $number } unit to go through
   *[other] { $number } units to go through
}
log-written = { $verb } { $document } ({ $role })
log-recorded = { $verb } { $record } in VTiger
log-given-up = The link to { $document } ({ $role }) was given up
log-renamed = { $from } is called { $to } now; its link follows
log-adopted = { $document } ({ $role }) was there already and was linked
log-retrying = A request is repeated in { $seconds } s
log-run-ended = { $status }: { $read } read, { $written } written, { $conflicted } in conflict, { $failed } failed
# What the engine says of its own codes, where people act on these pages; other codes speak for themselves.
failure-delete-brake = More records were deleted on one side than a run follows without asking.
failure-delete-brake-remedy = See whether they were really deleted (a lost permission looks the same). If so, approve the deletes on the mapping’s page.
failure-run-cancelled = Somebody stopped it. The unit at hand was finished, the others wait as they were.
failure-run-cancelled-remedy = Start it again when you want: it goes on where it stopped.
failure-run-timed-out = It took longer than its time limit. The unit at hand was finished, the others wait as they were.
failure-run-timed-out-remedy = Start it again: it goes on where it stopped. If it always takes so long, give it more time.
failure-run-parked = The program was ended. The unit at hand was finished, the others wait as they were.
failure-run-parked-remedy = Nothing to do: it goes on by itself when the program runs again.
failure-conflict-field-remedy = Decide under Conflicts which value stands.
failure-conflict-shared-remedy = Decide under Conflicts which of the two records is right.
failure-conflict-delete-edit-remedy = Decide under Conflicts whether the edit or the delete stands.
failure-conflict-ambiguous-remedy = Say under Conflicts which document it is.
failure-conflict-taken-remedy = See under Conflicts which record has the document, and what this one gets.
failure-reconcile-held-remedy = Look at the report: is it the right file, of the right company and broker, and complete? If so, use “Approve and run” on the sync’s page. Nothing was written or remembered.
failure-mapping-unfit-remedy = See what the mapping’s page says is missing.
failure-plan-moved-remedy = The record is not as it was in the dry run. Make a new dry run, look at it and approve that one.
