//! Values that Frappe would change or refuse, found before they are sent (facts/FRAPPE.md, "Writing").

/// Why a value is not sent to Frappe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Frappe sanitises the whole value, `&` included.
    #[error("holds what Frappe takes for an HTML tag and would rewrite")]
    HtmlTag,
    /// The document's name is made of it.
    #[error("holds < or >, and the document's name is made of it")]
    Bracket,
    /// decimal(21,9) has room for twelve digits before the point.
    #[error("holds a number of a million million or more")]
    TooLarge,
    /// Frappe computes with floats.
    #[error("holds more digits than Frappe's floats keep")]
    TooManyDigits,
    /// An Int column has 32 bits.
    #[error("holds a whole number beyond 2147483647")]
    BeyondInt,
    /// Digits, spaces and a few signs, at most 20.
    #[error("holds what Frappe does not take for a phone number")]
    Phone,
    /// The site's clocks show it twice, or not to the microsecond.
    #[error("holds a time that the site's clocks cannot tell exactly")]
    Time,
    /// Not a value that can be sent to this field.
    #[error("holds a value that has no form in Frappe")]
    NoForm,
}

impl Unfit {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::HtmlTag => "frappe.html_tag",
            Self::Bracket => "frappe.name",
            Self::TooLarge | Self::BeyondInt => "frappe.too_large_number",
            Self::TooManyDigits => "frappe.too_many_digits",
            Self::Phone => "frappe.phone",
            Self::Time => "frappe.time",
            Self::NoForm => "frappe.no_form",
        }
    }

    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::HtmlTag => {
                "Take the tag (< directly before a letter, with a > behind it) out of the text at its source, or map it to a Text Editor field."
            }
            Self::Bracket => "Take < and > out of the text at its source.",
            Self::TooLarge | Self::BeyondInt | Self::TooManyDigits => "Correct the number at its source.",
            Self::Phone => {
                "Correct the phone number at its source: at most 20 of digits, spaces and + - . , * # ( )."
            }
            Self::Time => "Move the time by an hour at its source: the site's clocks show this one twice.",
            Self::NoForm => "Give the field a transform in the mapping.",
        }
    }
}
