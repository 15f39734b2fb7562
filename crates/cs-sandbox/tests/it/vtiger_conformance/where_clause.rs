//! A second, naive reading of a query, for staging only: which values a row must have had to be in the answer.
//!
//! It is deliberately not the sandbox's own parser: what is staged must not depend on what is tested.

/// One comparison, quotes taken away.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) field: String,
    pub(super) operator: String,
    pub(super) values: Vec<String>,
}

/// The parts of a query that staging looks at.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// Alternatives of conjunctions.
    pub(super) alternatives: Vec<Vec<Wanted>>,
    /// The fields it is ordered by.
    pub(super) order: Vec<String>,
    pub(super) descending: bool,
    pub(super) offset: usize,
    /// How many rows it may give at most.
    pub(super) limit: usize,
    /// Whether it selects everything.
    pub(super) star: bool,
}

pub(super) fn read(query: &str) -> Reading {
    let words = words(query.trim().trim_end_matches(';'));
    let at = |word: &str| words.iter().position(|found| found.eq_ignore_ascii_case(word));
    let (order, limit) = (at("order"), at("limit"));
    let end = order.or(limit).unwrap_or(words.len());
    let mut reading =
        Reading { limit: 100, star: words.get(1).is_some_and(|word| word == "*"), ..Reading::default() };
    if let Some(start) = at("where") {
        reading.alternatives = conditions(words.get(start + 1..end).unwrap_or_default());
    }
    if let Some(start) = order {
        let part = words.get(start + 2..limit.unwrap_or(words.len())).unwrap_or_default();
        reading.descending = part.last().is_some_and(|word| word.eq_ignore_ascii_case("desc"));
        let is_name =
            |word: &&String| *word != "," && !["asc", "desc"].contains(&word.to_lowercase().as_str());
        reading.order = part.iter().filter(is_name).cloned().collect();
    }
    if let Some(start) = limit {
        let numbers: Vec<usize> =
            words.get(start + 1..).unwrap_or_default().iter().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [count] => reading.limit = count.min(100),
            [offset, count] => (reading.offset, reading.limit) = (offset, count.min(100)),
            _ => {}
        }
    }
    reading
}

fn conditions(words: &[String]) -> Vec<Vec<Wanted>> {
    words
        .split(|word| word.eq_ignore_ascii_case("or"))
        .map(|part| {
            let all = part.split(|word| word.eq_ignore_ascii_case("and"));
            all.filter_map(|condition| {
                let plain = |word: &String| word.trim_matches('\'').replace("''", "'").replace("\\\\", "\\");
                let is_value = |word: &&String| !["(", ")", ","].contains(&word.as_str());
                Some(Wanted {
                    field: condition.first()?.clone(),
                    operator: condition.get(1)?.to_lowercase(),
                    values: condition.get(2..)?.iter().filter(is_value).map(plain).collect(),
                })
            })
            .collect()
        })
        .collect()
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for sign in text.chars() {
        let last = words.last_mut().unwrap();
        match sign {
            '\'' => {
                quoted = !quoted;
                last.push(sign);
            }
            _ if quoted => last.push(sign),
            _ if sign.is_whitespace() => words.push(String::new()),
            '(' | ')' | ',' => words.extend([sign.to_string(), String::new()]),
            '=' | '<' | '>' | '!' => {
                if last.is_empty() || last.chars().all(|sign| "=<>!".contains(sign)) {
                    last.push(sign);
                } else {
                    words.push(sign.to_string());
                }
            }
            _ if !last.is_empty() && last.chars().all(|sign| "=<>!".contains(sign)) => {
                words.push(sign.to_string());
            }
            _ => last.push(sign),
        }
        // A quoted value right after an operator is a word of its own.
        if sign == '\'' && quoted {
            let last = words.last_mut().unwrap();
            if last.len() > 1 && !last.starts_with('\'') {
                last.pop();
                words.push("'".to_owned());
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

impl Wanted {
    /// Whether a value cannot be ruled out. Naive on purpose: accents and dates are not looked at.
    pub(super) fn allows(&self, value: &str) -> bool {
        let fold = |text: &str| text.trim_end().to_lowercase();
        let number = |text: &str| text.rsplit('x').next().unwrap_or_default().parse::<f64>().ok();
        let first = self.values.first().map(String::as_str).unwrap_or_default();
        let same = |wanted: &str| match (number(value), number(wanted)) {
            (Some(left), Some(right)) => (left - right).abs() < f64::EPSILON,
            _ => fold(value) == fold(wanted),
        };
        let less = || match (number(value), number(first)) {
            (Some(left), Some(right)) => left < right,
            _ => fold(value) < fold(first),
        };
        match self.operator.as_str() {
            "=" => same(first),
            "!=" => !same(first),
            "in" => self.values.iter().any(|wanted| same(wanted)),
            "like" => fold(value).contains(fold(first).trim_matches('%')) || first.contains(['_', '\\']),
            "<" => less(),
            "<=" => less() || same(first),
            ">" => !less() && !same(first),
            ">=" => !less(),
            _ => true,
        }
    }

    /// A value that the condition is true for.
    pub(super) fn example(&self) -> String {
        let first = self.values.first().cloned().unwrap_or_default();
        let number = first.rsplit('x').next().and_then(|text| text.parse::<i64>().ok());
        match (self.operator.as_str(), number) {
            ("like", _) => first.replace('%', "").replace('_', "x"),
            (">", Some(number)) => (number + 1).to_string(),
            ("<" | "!=", Some(number)) => (number - 1).to_string(),
            (">", None) if first.len() >= 10 && first.contains('-') => "9998-12-31 00:00:00".to_owned(),
            ("<", None) if first.contains('-') => "1971-01-01 00:00:00".to_owned(),
            (">", None) => format!("{first}z"),
            ("<" | "!=", None) => String::new(),
            _ => first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_for_staging() {
        let text = "select a from X where b='Ciudad A' and e > 190 or n in ('x','O''N') order by b, a desc limit 5,7;";
        let reading = read(text);
        assert_eq!(reading.alternatives.len(), 2);
        assert_eq!(reading.alternatives[0][0].values, ["Ciudad A"]);
        assert_eq!(reading.alternatives[0][1].example(), "191");
        assert_eq!(reading.alternatives[1][0].values, ["x", "O'N"]);
        assert_eq!((reading.order.join(","), reading.descending), ("b,a".to_owned(), true));
        assert_eq!((reading.offset, reading.limit, reading.star), (5, 7, false));
    }
}
