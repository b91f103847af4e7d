//! Requests by `ureq`.

use http::{HeaderName, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::super::address::site;
use super::super::http::{Setback, silent};
use super::super::options::FetchOptions;
use super::Reply;
use crate::error::{Error, ErrorKind, Result};

/// What asks.
pub struct Agent(ureq::Agent);

impl Agent {
    /// By the options' patience, proxy and certificates.
    ///
    /// # Errors
    /// `io` and `invalid-input` for certificates that cannot be read.
    pub fn new(options: &FetchOptions) -> Result<Self> {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("inkling/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots(options)?).build())
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_send_request(Some(options.answer_timeout))
            .timeout_recv_response(Some(options.answer_timeout))
            .timeout_per_read(Some(options.stall_timeout));
        let config = if options.proxy { config } else { config.proxy(None) };
        Ok(Self(config.build().new_agent()))
    }

    /// Asks, and follows no redirect.
    ///
    /// # Errors
    /// What it means that nobody has answered.
    pub fn get(&self, address: &Uri, headers: &[(HeaderName, String)]) -> Result<Reply, Setback> {
        let request = headers.iter().fold(self.0.get(address), |request, (name, value)| request.header(name, value));
        let response = request.call().map_err(|cause| setback(address, cause))?;
        Ok(response.map(|body| Box::new(body.into_reader()) as super::Body))
    }
}

/// What a request that got no answer means.
fn setback(address: &Uri, cause: ureq::Error) -> Setback {
    use ureq::Error as E;
    match cause {
        E::BadUri(_) | E::Http(_) | E::InvalidProxyUrl | E::Pem(_) => {
            let problem = format!("cannot ask {}: check HF_ENDPOINT and the proxy variables", site(address));
            Setback::Stop(Error::new(ErrorKind::InvalidInput, problem).caused_by(cause))
        }
        E::Protocol(_) | E::LargeResponseHeader(..) => {
            let problem = format!("{} gave an answer that is not HTTP", site(address));
            Setback::again(Error::new(ErrorKind::Network, problem).caused_by(cause))
        }
        _ => silent(address, cause),
    }
}

fn roots(options: &FetchOptions) -> Result<RootCerts> {
    let Some(path) = &options.certificates else { return Ok(RootCerts::WebPki) };
    let pem = std::fs::read(path).map_err(|cause| {
        Error::new(ErrorKind::Io, format!("cannot read the certificates in {}: check SSL_CERT_FILE", path.display()))
            .caused_by(cause)
    })?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!("{} holds no PEM certificate: check SSL_CERT_FILE", path.display()),
        ));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
