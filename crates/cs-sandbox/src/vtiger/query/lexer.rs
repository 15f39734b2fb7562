//! Text to tokens, as VTiger's lexer cuts it.

use crate::vtiger::refusal::Refusal;

/// What the lexer takes a piece of text for; the names are those of its error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Select,
    From,
    ColumnName,
    Asterisk,
    Count,
    ParenOpen,
    ParenClose,
    Comma,
    TableName,
    Where,
    And,
    Or,
    Value,
    Eq,
    Lt,
    Gt,
    Lte,
    Gte,
    Ne,
    In,
    Like,
    OrderBy,
    Asc,
    Desc,
    Limit,
    Semicolon,
    End,
}

impl Kind {
    /// As the error messages call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::From => "FRM",
            Self::ColumnName => "COLUMNNAME",
            Self::Asterisk => "ASTERISK",
            Self::Count => "COUNT",
            Self::ParenOpen => "PARENOPEN",
            Self::ParenClose => "PARENCLOSE",
            Self::Comma => "COMMA",
            Self::TableName => "TABLENAME",
            Self::Where => "WHERE",
            Self::And => "LOGICAL_AND",
            Self::Or => "LOGICAL_OR",
            Self::Value => "VALUE",
            Self::Eq => "EQ",
            Self::Lt => "LT",
            Self::Gt => "GT",
            Self::Lte => "LTE",
            Self::Gte => "GTE",
            Self::Ne => "NE",
            Self::In => "IN",
            Self::Like => "LIKE",
            Self::OrderBy => "ORDERBY",
            Self::Asc => "ASC",
            Self::Desc => "DESC",
            Self::Limit => "LIMIT",
            Self::Semicolon => "SEMICOLON",
            Self::End => "End of Input",
        }
    }
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

/// Where the lexer believes it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Select,
    Columns,
    Table,
    Where,
    OrderBy,
    Limit,
}

/// Cuts the whole query. What no rule matches (a point, a double quote, an empty string) is VTiger's internal error,
/// but only after everything before it was parsed; so it ends the tokens and comes back as an error beside them.
pub(super) fn lex(text: &str) -> (Vec<Token<'_>>, Option<Refusal>) {
    let mut lexer = Lexer { place: Place::Select, where_column: false, in_list: false, ordering: false };
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            return (tokens, None);
        }
        let Some(length) = piece(rest) else {
            return (tokens, Some(Refusal::internal()));
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        if let Some(kind) = lexer.kind(piece) {
            tokens.push(Token { kind, text: piece });
        }
    }
}

/// The length of the piece at the start of the text: a word, a quoted string, a whole number or a sign.
fn piece(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices();
    let (_, first) = characters.next()?;
    // PHP's \w without the u flag: ASCII only.
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let run = |from: usize, test: &dyn Fn(char) -> bool| {
        let tail = rest.get(from..).unwrap_or_default();
        from + tail.find(|character: char| !test(character)).unwrap_or(tail.len())
    };
    match first {
        character if word(character) => Some(run(0, &word)),
        '\'' => quoted(rest),
        '+' | '-' => {
            let end = run(1, &|character| character.is_ascii_digit());
            (end > 1).then_some(end)
        }
        '<' | '>' | '!' if rest.get(1..2) == Some("=") => Some(2),
        '<' | '>' | '=' | '(' | ')' | ',' | '*' | ';' => Some(1),
        _ => None,
    }
}

/// `'...'` with `''` inside for a quote; never empty. A backslash means nothing here.
fn quoted(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return (at > 1).then_some(at + 1),
            _ => at += 1,
        }
    }
}

struct Lexer {
    place: Place,
    where_column: bool,
    in_list: bool,
    ordering: bool,
}

impl Lexer {
    /// None: the piece is swallowed (`order`).
    fn kind(&mut self, piece: &str) -> Option<Kind> {
        match self.place {
            Place::Select => {
                self.place = Place::Columns;
                // Anything else here is no token at all in the original; the parser then expects SELECT.
                Some(if piece.eq_ignore_ascii_case("select") { Kind::Select } else { Kind::End })
            }
            Place::Columns => Some(self.column(piece)),
            Place::Table => {
                self.place = Place::Where;
                Some(if piece.eq_ignore_ascii_case("where") { Kind::Where } else { Kind::TableName })
            }
            Place::Where | Place::OrderBy | Place::Limit => self.clause(piece),
        }
    }

    fn column(&mut self, piece: &str) -> Kind {
        match piece {
            "*" => Kind::Asterisk,
            "(" => Kind::ParenOpen,
            ")" => Kind::ParenClose,
            "," => Kind::Comma,
            word if word.eq_ignore_ascii_case("from") => {
                self.place = Place::Table;
                Kind::From
            }
            word if word.eq_ignore_ascii_case("count") => Kind::Count,
            _ => Kind::ColumnName,
        }
    }

    fn clause(&mut self, piece: &str) -> Option<Kind> {
        if piece == ";" {
            return Some(Kind::Semicolon);
        }
        if piece.eq_ignore_ascii_case("order") {
            self.ordering = true;
            return None;
        }
        if piece.eq_ignore_ascii_case("by") && self.ordering {
            self.ordering = false;
            self.place = Place::OrderBy;
            return Some(Kind::OrderBy);
        }
        if piece.eq_ignore_ascii_case("where") {
            self.place = Place::Where;
        } else if piece.eq_ignore_ascii_case("limit") {
            self.place = Place::Limit;
        }
        Some(match self.place {
            Place::OrderBy => order(piece),
            Place::Limit => limit(piece),
            _ => self.condition(piece),
        })
    }

    fn condition(&mut self, piece: &str) -> Kind {
        let word = piece.to_ascii_lowercase();
        match word.as_str() {
            "=" => Kind::Eq,
            "<" => Kind::Lt,
            "<=" => Kind::Lte,
            ">=" => Kind::Gte,
            "!=" => Kind::Ne,
            ">" => Kind::Gt,
            "where" => Kind::Where,
            "(" => Kind::ParenOpen,
            ")" => {
                if self.in_list {
                    self.in_list = false;
                    self.where_column = false;
                }
                Kind::ParenClose
            }
            "and" => Kind::And,
            "or" => Kind::Or,
            _ if !self.where_column => {
                self.where_column = true;
                Kind::ColumnName
            }
            "in" => {
                self.in_list = true;
                Kind::In
            }
            "," => Kind::Comma,
            "like" => Kind::Like,
            _ => {
                self.where_column = self.in_list;
                Kind::Value
            }
        }
    }
}

fn order(piece: &str) -> Kind {
    match piece {
        "," => Kind::Comma,
        word if word.eq_ignore_ascii_case("asc") => Kind::Asc,
        word if word.eq_ignore_ascii_case("desc") => Kind::Desc,
        _ => Kind::ColumnName,
    }
}

fn limit(piece: &str) -> Kind {
    match piece {
        "(" => Kind::ParenOpen,
        ")" => Kind::ParenClose,
        "," => Kind::Comma,
        word if word.eq_ignore_ascii_case("limit") => Kind::Limit,
        _ => Kind::Value,
    }
}
