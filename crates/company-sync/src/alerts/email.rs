//! Alerts by e-mail.

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use cs_web::Letter;

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

/// Sends one letter to everybody who is named.
pub(super) async fn send(email: &Email, letter: &Letter) -> Result<(), EmailError> {
    let mut message = Message::builder().from(mailbox(&email.from)?).subject(letter.subject.clone());
    for to in &email.to {
        message = message.to(mailbox(to)?);
    }
    let message = message.body(letter.body.clone())?;
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
