//! Requests by Node.js, which asks in a thread of its own while this one waits.

use std::io::{self, Read};

use http::{HeaderName, Response, Uri};

use super::super::address::site;
use super::super::http::{Setback, silent};
use super::super::options::FetchOptions;
use super::{Body, Reply};
use crate::error::{Error, ErrorKind, Result};
use crate::host;

/// What asks.
pub struct Agent {
    patience: host::Patience,
    certificates: Option<String>,
}

impl Agent {
    /// By the options' patience and certificates. Node.js knows of no proxy.
    ///
    /// # Errors
    /// None.
    pub fn new(options: &FetchOptions) -> Result<Self> {
        let patience =
            host::Patience { connect: options.connect_timeout, answer: options.answer_timeout, stall: options.stall_timeout };
        let certificates = options.certificates.as_ref().and_then(|path| path.to_str()).map(str::to_owned);
        Ok(Self { patience, certificates })
    }

    /// Asks, and follows no redirect.
    ///
    /// # Errors
    /// What it means that nobody has answered.
    pub fn get(&self, address: &Uri, headers: &[(HeaderName, String)]) -> Result<Reply, Setback> {
        let sent: Vec<String> = headers.iter().flat_map(|(name, value)| [name.as_str().to_owned(), value.clone()]).collect();
        let told = host::ask(&address.to_string(), sent, &self.patience, self.certificates.as_deref());
        let told = told.map_err(|cause| silent(address, cause))?;
        let (status, headers) = told.split_first().ok_or_else(|| not_http(address))?;
        let head = headers.as_chunks().0.iter();
        let head = head.fold(Response::builder().status(&status[..]), |head, [name, value]| head.header(name, value));
        head.body(Box::new(Rest::default()) as Body).map_err(|_| not_http(address))
    }
}

fn not_http(address: &Uri) -> Setback {
    Setback::again(Error::new(ErrorKind::Network, format!("{} gave an answer that is not HTTP", site(address))))
}

/// The body that is on its way.
#[derive(Default)]
struct Rest {
    part: Vec<u8>,
    read: usize,
    is_over: bool,
}

impl Read for Rest {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.read == self.part.len() && !self.is_over {
            (self.part, self.read) = (host::more()?, 0);
            self.is_over = self.part.is_empty();
        }
        let count = to.len().min(self.part.len() - self.read);
        to[..count].copy_from_slice(&self.part[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}
