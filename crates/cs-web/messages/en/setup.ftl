setup-title = Setup
setup-progress = Step { $number } of { $of }
setup-welcome = Welcome to Company Sync
setup-first-help = You are the first one here and become System Manager: you manage people and everything else.
setup-code = Setup code
setup-code-help = The program printed it when it was started.
setup-wrong-code = This is not the code that the program printed.
setup-closed = Nobody can log in yet, and this service was started without a setup code. Start it with “company-sync serve” and open the address that it prints.
setup-taken = Somebody has set this up already. Log in.
setup-step-person = You
setup-step-vtiger = VTiger
setup-step-frappe = Frappe
setup-step-database = VTiger’s database
setup-step-check = Check
setup-step-run = First dry run
setup-go-on = Go on
setup-save-go-on = Save and go on
setup-later = Later
setup-without = Without a database
setup-more = More settings
setup-sandbox-title = Just trying it out?
setup-sandbox-help = The sandbox stands in for both systems, with invented people. Nothing leaves this machine.
setup-sandbox-try = Try it with the sandbox
setup-sandbox-used = The sandbox stands in for VTiger and Frappe.
setup-vtiger-help = The address of your VTiger, a user with rights to the modules, and that user’s access key (in VTiger under My Preferences).
setup-frappe-help = The address of your Frappe, and the API key and secret of a user with rights to the DocTypes (in Frappe under User, API Access).
setup-database-help = Optional. A user who can only read VTiger’s database makes reconciliations faster. Everything works without it.
setup-check-again = Check again
setup-created = What was created
setup-moved = What is lacking has changed since it was shown. Look at it again. Nothing was created.
setup-missing = It still needs these settings: { $settings }.
setup-nothing-lacking = Frappe has everything it needs
setup-unknown = Known once Frappe answers
setup-lacking = { $count ->
    [one] One thing is lacking in Frappe. Exactly this would be created:
   *[other] { $number } things are lacking in Frappe. Exactly these would be created:
}
setup-lacking-what = What
setup-lacking-purpose = What it is for
setup-purpose-field = { $role }: corresponds to { $fields } in VTiger
setup-purpose-fixed = { $role }: carries a fixed value
setup-purpose-key = { $role }: tells which VTiger record it belongs to
setup-purpose-document = Holds the documents: { $role }
setup-lacking-sent = What is sent
setup-lacking-show = Show
setup-lacking-doctype = DocType
setup-lacking-field = Custom field
setup-lacking-foreign = Cannot be created here
setup-create = Create it in Frappe
setup-create-sure = { $count ->
    [one] Create one thing in Frappe?
   *[other] Create { $number } things in Frappe?
}
setup-run-help = A dry run reads both systems, decides what would be written, and writes nothing. Look at what it would do before you start for real.
setup-mapping = Mapping
setup-last-dry-run = Last dry run
setup-start = Start a dry run
setup-none-yet = none yet
setup-not-fit = Settings are missing
setup-finish = Finish the setup
setup-finish-help = Everything can still be changed under Settings.
setup-finished = The setup is finished.
setup-is-finished = The setup is finished.
setup-unfinished = The setup is not finished.
