//! HTML entities as PHP's `htmlentities` writes and `html_entity_decode` reads them.

use std::borrow::Cow;

/// The names of U+00A0 ... U+00FF, in order.
const LATIN_1: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo",
    "not", "shy", "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
    "cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",
    "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
    "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash",
    "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute", "acirc", "atilde",
    "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml", "igrave", "iacute", "icirc",
    "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml", "divide", "oslash", "ugrave",
    "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// Every character that has a name becomes an entity, both quotes as well.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match name(character) {
            Some(name) => {
                encoded.push('&');
                encoded.push_str(name);
                encoded.push(';');
            }
            None => encoded.push(character),
        }
    }
    encoded
}

fn name(character: char) -> Option<&'static str> {
    let code = u32::from(character);
    if (0xA0..=0xFF).contains(&code) {
        return usize::try_from(code - 0xA0).ok().and_then(|index| LATIN_1.get(index).copied());
    }
    Some(match character {
        '&' => "amp",
        '<' => "lt",
        '>' => "gt",
        '"' => "quot",
        '\'' => "#039",
        '€' => "euro",
        '‘' => "lsquo",
        '’' => "rsquo",
        '‚' => "sbquo",
        '“' => "ldquo",
        '”' => "rdquo",
        '„' => "bdquo",
        '–' => "ndash",
        '—' => "mdash",
        '…' => "hellip",
        '•' => "bull",
        '™' => "trade",
        'Œ' => "OElig",
        'œ' => "oelig",
        'Š' => "Scaron",
        'š' => "scaron",
        'Ÿ' => "Yuml",
        'ƒ' => "fnof",
        'ˆ' => "circ",
        '˜' => "tilde",
        '‹' => "lsaquo",
        '›' => "rsaquo",
        '†' => "dagger",
        '‡' => "Dagger",
        '‰' => "permil",
        _ => return None,
    })
}

/// One level of entities is taken away.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_encoded_as_recorded() {
        // fixtures/vtiger/220_contact_revise_accents_label.json
        assert_eq!(
            encode("José \"Pepe\" & O'Niel Muñoz <Ávila>"),
            "Jos&eacute; &quot;Pepe&quot; &amp; O&#039;Niel Mu&ntilde;oz &lt;&Aacute;vila&gt;"
        );
        assert_eq!(encode("漢字"), "漢字");
    }

    #[test]
    fn decoding_takes_one_level() {
        assert_eq!(decode("l&amp;iacute;nea &#039;"), "l&iacute;nea '");
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let all: String = (0xA0..=0xFF).filter_map(char::from_u32).collect();
        assert_eq!(decode(&encode(&all)), all);
    }
}
