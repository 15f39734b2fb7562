//! Tokens to a query.

use super::lexer::{Kind, Token, lex};
use crate::vtiger::refusal::{Code, Refusal};

/// Which columns a query names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Columns {
    /// `*`.
    All,
    /// `count(*)`.
    Count,
    /// These, in this order; `id` is added where it is not named.
    Named(Vec<String>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    In,
    Like,
}

/// One comparison; values are tokens as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) field: String,
    pub(crate) operator: Operator,
    pub(crate) values: Vec<String>,
}

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) columns: Columns,
    /// Alternatives of conjunctions: AND binds first.
    pub(crate) alternatives: Vec<Vec<Condition>>,
    pub(crate) order: Vec<String>,
    pub(crate) descending: bool,
    /// The values after LIMIT as they were written: count, or offset and count.
    pub(crate) limit: Vec<String>,
}

/// Parses a query. Errors are [`Code::QuerySyntax`], and [`Code::Internal`] for what the lexer cannot read.
pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let (tokens, broken) = lex(text);
    let mut parser = Parser { tokens: &tokens, at: 0, broken };
    parser.query()
}

struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    broken: Option<Refusal>,
}

const OPERATORS: &[Kind] =
    &[Kind::Eq, Kind::Lt, Kind::Gt, Kind::Lte, Kind::Gte, Kind::Ne, Kind::In, Kind::Like];

impl<'a> Parser<'_, 'a> {
    fn peek(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn take(&mut self, kind: Kind) -> Option<&'a str> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == kind)?;
        self.at += 1;
        Some(token.text)
    }

    fn expect(&mut self, kind: Kind, expected: &[Kind]) -> Result<&'a str, Refusal> {
        self.take(kind).ok_or_else(|| self.unexpected(expected))
    }

    /// The error of the token at hand. The lexer runs just ahead of the parser, so where the tokens end because it
    /// could not go on, its own error is the one that is seen.
    fn unexpected(&self, expected: &[Kind]) -> Refusal {
        let at = self.tokens.get(self.at).filter(|token| token.kind != Kind::End);
        if at.is_none()
            && let Some(broken) = &self.broken
        {
            return broken.clone();
        }
        // At the end the last token is shown, and the end is called (0).
        let (shown, name, text) = match at {
            Some(token) => (token.text, token.kind.name(), token.text),
            None => (self.tokens.last().map_or("", |token| token.text), Kind::End.name(), "0"),
        };
        let names: Vec<&str> = expected.iter().map(|kind| kind.name()).collect();
        Refusal::error(
            Code::QuerySyntax,
            format!(
                "Syntax Error on line 1: token '{shown}' Unexpected {name}({text}), expected one of: {}",
                names.join(",")
            ),
        )
    }

    fn query(&mut self) -> Result<Query, Refusal> {
        self.expect(Kind::Select, &[Kind::Select])?;
        let columns = self.columns()?;
        // 148_query_distinct: after the columns the original names SELECT as what it expected.
        self.expect(Kind::From, &[Kind::Select])?;
        self.expect(Kind::TableName, &[Kind::TableName])?;
        // 149_query_group_by: a word after the module that opens no clause has an error of its own.
        if self.peek() == Some(Kind::ColumnName) {
            return Err(Refusal::error(Code::QuerySyntax, "There is an syntax error in query"));
        }
        let alternatives = if self.take(Kind::Where).is_some() { self.conditions()? } else { Vec::new() };
        let (order, descending) = self.order()?;
        let limit = self.limit()?;
        self.expect(Kind::Semicolon, &[Kind::Semicolon])?;
        if self.peek().is_some() || self.broken.is_some() {
            return Err(self.unexpected(&[]));
        }
        Ok(Query { columns, alternatives, order, descending, limit })
    }

    fn columns(&mut self) -> Result<Columns, Refusal> {
        if self.take(Kind::Asterisk).is_some() {
            return Ok(Columns::All);
        }
        if self.take(Kind::Count).is_some() {
            self.expect(Kind::ParenOpen, &[Kind::ParenOpen])?;
            self.expect(Kind::Asterisk, &[Kind::Asterisk])?;
            self.expect(Kind::ParenClose, &[Kind::ParenClose])?;
            return Ok(Columns::Count);
        }
        let mut names = Vec::new();
        loop {
            let name = self.expect(Kind::ColumnName, &[Kind::ColumnName, Kind::Asterisk, Kind::Count])?;
            names.push(name.to_owned());
            if self.take(Kind::Comma).is_none() {
                return Ok(Columns::Named(names));
            }
        }
    }

    fn conditions(&mut self) -> Result<Vec<Vec<Condition>>, Refusal> {
        let mut alternatives = Vec::new();
        let mut conjunction = Vec::new();
        loop {
            conjunction.push(self.condition()?);
            if self.take(Kind::Or).is_some() {
                alternatives.push(std::mem::take(&mut conjunction));
            } else if self.take(Kind::And).is_none() {
                alternatives.push(conjunction);
                return Ok(alternatives);
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, Refusal> {
        let field = self.expect(Kind::ColumnName, &[Kind::ColumnName])?.to_owned();
        let operator = match self.peek() {
            Some(Kind::Eq) => Operator::Eq,
            Some(Kind::Ne) => Operator::Ne,
            Some(Kind::Lt) => Operator::Lt,
            Some(Kind::Lte) => Operator::Lte,
            Some(Kind::Gt) => Operator::Gt,
            Some(Kind::Gte) => Operator::Gte,
            Some(Kind::In) => Operator::In,
            Some(Kind::Like) => Operator::Like,
            _ => return Err(self.unexpected(OPERATORS)),
        };
        self.at += 1;
        let listed = self.take(Kind::ParenOpen).is_some();
        let mut values = Vec::new();
        loop {
            values.push(self.expect(Kind::Value, &[Kind::Value])?.to_owned());
            if self.take(Kind::Comma).is_none() {
                break;
            }
        }
        if listed {
            self.expect(Kind::ParenClose, &[Kind::ParenClose])?;
        }
        if values.len() > 1 && operator != Operator::In {
            return Err(Refusal::error(Code::QuerySyntax, "columns data inappropriate"));
        }
        Ok(Condition { field, operator, values })
    }

    fn order(&mut self) -> Result<(Vec<String>, bool), Refusal> {
        let mut order = Vec::new();
        if self.take(Kind::OrderBy).is_none() {
            return Ok((order, false));
        }
        loop {
            order.push(self.expect(Kind::ColumnName, &[Kind::ColumnName])?.to_owned());
            if self.take(Kind::Comma).is_none() {
                break;
            }
        }
        let descending = self.take(Kind::Desc).is_some();
        if !descending {
            self.take(Kind::Asc);
        }
        Ok((order, descending))
    }

    fn limit(&mut self) -> Result<Vec<String>, Refusal> {
        let mut limit = Vec::new();
        if self.take(Kind::Limit).is_none() {
            return Ok(limit);
        }
        limit.push(self.expect(Kind::Value, &[Kind::Value])?.to_owned());
        if self.take(Kind::Comma).is_some() {
            limit.push(self.expect(Kind::Value, &[Kind::Value])?.to_owned());
        }
        Ok(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        match parse(text) {
            Err(Refusal::Error { code: Code::QuerySyntax, message }) => message,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn and_binds_before_or() {
        let query =
            parse("select id from X where a='1' or b='2' and c>3 order by a, b desc limit 5,10;").unwrap();
        let fields: Vec<Vec<&str>> = query
            .alternatives
            .iter()
            .map(|all| all.iter().map(|condition| condition.field.as_str()).collect())
            .collect();
        assert_eq!(fields, [vec!["a"], vec!["b", "c"]]);
        assert_eq!((query.order.join(","), query.descending), ("a,b".to_owned(), true));
        assert_eq!(query.limit, ["5", "10"]);
    }

    #[test]
    fn syntax_errors_read_as_recorded() {
        let expected = "expected one of:";
        let cases = [
            (
                "select id,accountname from Accounts",
                "token 'Accounts' Unexpected End of Input(0), expected one of: SEMICOLON",
            ),
            (
                "select a from A order by b desc, c limit 2;",
                "token ',' Unexpected COMMA(,), expected one of: SEMICOLON",
            ),
            (
                "select a from A where phone is null;",
                "token 'is' Unexpected VALUE(is), expected one of: EQ,LT,GT,LTE,GTE,NE,IN,LIKE",
            ),
            (
                "select a from A where n not like 'x%';",
                "token 'not' Unexpected VALUE(not), expected one of: EQ,LT,GT,LTE,GTE,NE,IN,LIKE",
            ),
            (
                r"select a from A where n like '%O\'Niel%';",
                "token 'Niel' Unexpected COLUMNNAME(Niel), expected one of: SEMICOLON",
            ),
            (
                "select distinct bill_city from A;",
                "token 'bill_city' Unexpected COLUMNNAME(bill_city), expected one of: SELECT",
            ),
        ];
        for (query, text) in cases {
            assert_eq!(message(query), format!("Syntax Error on line 1: {text}"), "{expected}");
        }
        assert_eq!(message("select a from A group by a;"), "There is an syntax error in query");
        assert!(message("select a from A where (a = '1');").contains("PARENOPEN"));
        assert!(message("select a from A; drop").contains("Unexpected"));
    }

    #[test]
    fn what_the_lexer_cannot_read_is_internal() {
        for query in [
            "select a from A where phone = '';",
            "select a from A where a=\"x\";",
            "select a from A where n >= 1.5;",
            "select b.a from A limit 1;",
            r"select a from A where n = 'x\' or 1=1 -- ';",
        ] {
            assert_eq!(parse(query), Err(Refusal::internal()), "{query}");
        }
    }

    #[test]
    fn keywords_in_quotes_are_values() {
        let query = parse("SELECT id FROM C WHERE a='limit' or a='where' or a = 'order';").unwrap();
        assert_eq!(query.alternatives.len(), 3);
        let list = parse("select id from C where id in ('1x2','1x3') and a = 'b';").unwrap();
        assert_eq!(list.alternatives.first().map(Vec::len), Some(2));
    }
}
