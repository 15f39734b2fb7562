//! Alerts by e-mail.

use std::fmt::Write as _;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::{Alert, Occasion};
use crate::config::{Email, EmailSecurity};

/// Why an e-mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum EmailError {
    /// An address is none.
    #[error("{address:?} is no e-mail address")]
    Address {
        /// Which.
        address: String,
        /// What is wrong with it.
        #[source]
        source: lettre::address::AddressError,
    },
    /// The message cannot be put together.
    #[error("the message cannot be put together")]
    Message(#[from] lettre::error::Error),
    /// The mail server does not take it.
    #[error("the mail server does not take it")]
    Server(#[from] lettre::transport::smtp::Error),
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends one alert to everybody who is named.
pub(super) async fn send(email: &Email, alert: &Alert) -> Result<(), EmailError> {
    let mut message = Message::builder().from(mailbox(&email.from)?).subject(subject(alert));
    for to in &email.to {
        message = message.to(mailbox(to)?);
    }
    let message = message.body(body(alert))?;
    let builder = match email.security {
        EmailSecurity::Tls => Transport::relay(&email.host)?,
        EmailSecurity::Starttls => Transport::starttls_relay(&email.host)?,
        EmailSecurity::None => Transport::builder_dangerous(&email.host),
    };
    let mut builder = builder.port(email.port);
    if let Some((user, password)) = &email.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
    }
    builder.build().send(message).await?;
    Ok(())
}

fn mailbox(address: &str) -> Result<Mailbox, EmailError> {
    address.parse().map_err(|source| EmailError::Address { address: address.to_owned(), source })
}

fn subject(alert: &Alert) -> String {
    let what = match alert.occasion {
        Occasion::RunFailed => "failed",
        Occasion::Brake => "waits for approval: many deletes",
        Occasion::Drift => "waits for approval: an unusual report",
        Occasion::ChangedField => "met a field that is no longer what it was",
        Occasion::InvalidShare => "has many rows that cannot be read",
    };
    format!("Company Sync: {} {what}", alert.title)
}

fn body(alert: &Alert) -> String {
    let mut text = format!("{}: {}\n", alert.title, alert.status);
    let lines = [("What happened", &alert.cause), ("What to do", &alert.remedy), ("See", &alert.page)];
    for (label, line) in lines {
        if let Some(line) = line {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{label}: {line}");
        }
    }
    text
}
