//! What PHP prints before the JSON when `display_errors` is on (facts/VTIGER.md, Protocol).
//!
//! PHP keeps output back up to a buffer's size. What is longer goes out before VTiger can say that JSON is coming, so
//! that long warnings come as HTML and short ones as JSON (recordings 345, 346 and 348).

/// The size of PHP's output buffer.
const BUFFER: usize = 4096;

type Line = (&'static str, &'static str, u32);

const ALWAYS: &[Line] = &[
    ("Undefined array key \"format\"", "include/Webservices/Utils.php", 142),
    ("Undefined array key \"format\"", "include/Webservices/Utils.php", 145),
    ("Undefined array key \"string\"", "include/Webservices/OperationManager.php", 138),
];
const QUERY: &[Line] = &[
    ("Undefined array key \"meta\"", "include/Webservices/VTQL_Parser.php", 1328),
    ("Undefined array key \"where_condition\"", "include/Webservices/VTQL_Parser.php", 1343),
    ("Undefined array key \"defaultJoinConditions\"", "include/Webservices/VTQL_Parser.php", 1366),
    ("Undefined array key 1", "include/Webservices/VtigerCRMObjectMeta.php", 226),
    ("Undefined array key \"account_id\"", "include/Webservices/DataTransform.php", 218),
    ("Undefined array key \"record_id\"", "include/Webservices/DataTransform.php", 276),
];
const RECORD: &[Line] = &[
    ("Undefined array key \"label\"", "include/Webservices/DataTransform.php", 42),
    ("Undefined array key \"account_id\"", "include/Webservices/DataTransform.php", 106),
    ("Undefined array key \"contact_id\"", "include/Webservices/DataTransform.php", 106),
];
const ITEM: Line = (
    "Undefined property: ADOFieldObject::$unique_key",
    "include/Webservices/LineItem/VtigerLineItemMeta.php",
    95,
);
const WORKFLOW: &[Line] = &[
    ("Undefined array key \"schtypeid\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 363),
    ("Undefined array key \"schtime\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 364),
    ("Undefined array key \"schdayofmonth\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 365),
    ("Undefined array key \"nexttrigger_time\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 372),
    ("Undefined array key \"status\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 373),
    ("Undefined array key \"workflowname\"", "modules/com_vtiger_workflow/VTWorkflowManager.inc", 374),
];

/// The warnings of an operation. `order`: it reads a Sales Order's items.
pub(crate) fn warnings(operation: &str, order: bool) -> String {
    let mut lines = ALWAYS.to_vec();
    match operation {
        "query" => lines.extend(QUERY),
        "retrieve" => lines.extend(RECORD),
        "create" | "revise" | "update" => {
            lines.extend(RECORD);
            // Each of the workflows that a server is shipped with is looked at with every save.
            for _ in 0..8 {
                lines.extend(WORKFLOW);
            }
        }
        _ => {}
    }
    if order {
        lines.extend(std::iter::repeat_n(ITEM, 30));
    }
    lines.into_iter().map(|(text, file, line)| warning(text, file, line)).collect()
}

fn warning(text: &str, file: &str, line: u32) -> String {
    format!("<br />\n<b>Warning</b>:  {text} in <b>/var/www/vtiger/{file}</b> on line <b>{line}</b><br />\n")
}

/// Whether so much text goes out before VTiger names its content type.
pub(crate) fn is_out_already(warnings: &str) -> bool {
    warnings.len() >= BUFFER
}

/// A fatal error as `display_errors` shows it.
pub(crate) fn fatal() -> &'static str {
    "<br />\n<b>Fatal error</b>:  Uncaught Error: Unknown named parameter $modifiedTime in \
     /var/www/vtiger/include/Webservices/OperationManager.php:152\nStack trace:\n#0 /var/www/vtiger/webservice.php(136): \
     OperationManager-&gt;runOperation(Array, Object(Users))\n#1 {main}\n  thrown in \
     <b>/var/www/vtiger/include/Webservices/OperationManager.php</b> on line <b>152</b><br />\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_fit_the_buffer_and_saves_do_not() {
        assert!(!is_out_already(&warnings("query", false)));
        assert!(is_out_already(&warnings("create", false)));
        assert!(is_out_already(&warnings("retrieve", true)));
        assert!(!is_out_already(&warnings("retrieve", false)));
    }
}
